/** Cron expressions and time zones: what node-cron and the zone database of this Node accept, said in words. */
import { validateDetailed } from 'node-cron';
import { didYouMean } from '../nearest.ts';
import { showText } from './show.ts';

const LONGEST_EXPRESSION = 256;

const FIELDS: Readonly<Record<string, string>> = {
  second: 'second (0-59)',
  minute: 'minute (0-59)',
  hour: 'hour (0-23)',
  dayOfMonth: 'day of month (1-31)',
  month: 'month (1-12 or jan-dec)',
  dayOfWeek: 'day of week (0-7 or sun-sat)',
};

/** What is wrong with a cron expression, one sentence for each field. Empty: nothing. */
export function cronFaults(expression: string): string[] {
  const found = `found ${showText(expression)}`;
  const fields = expression
    .trim()
    .split(/\s+/)
    .filter((field) => field !== '').length;
  if (fields !== 5 && fields !== 6) {
    return [
      `${found}, ${fields} ${fields === 1 ? 'field' : 'fields'}. Allowed: 5 fields (minute, hour, day of month, month, day of week) or 6 (second first), such as "0 3 * * *".`,
    ];
  }
  if (expression.length > LONGEST_EXPRESSION)
    return [`${found}. Allowed: at most ${LONGEST_EXPRESSION} characters.`];
  const checked = validateDetailed(expression);
  if (checked.valid) return [];
  return checked.errors.map(({ field, value, message }) => {
    if (message.includes('impossible')) return `${found}; no month named there has such a day of month.`;
    const name = FIELDS[field ?? ''];
    return name === undefined
      ? `${found}. Allowed: digits, names of months and days, and * , - / between spaces.`
      : `${found}; ${showText(value ?? '')} does not fit the field ${name}.`;
  });
}

// Asking Intl costs more than all the rest of parsing a spec; a folder of specs uses few zones.
const knownZones = new Set<string>(['UTC']);
let zoneNames: readonly string[] | null = null;

/** What is wrong with the name of an IANA time zone; null where nothing is. */
export function zoneFault(zone: string): string | null {
  if (knownZones.has(zone)) return null;
  if (/^[A-Za-z]/.test(zone) && isKnownToIntl(zone)) {
    knownZones.add(zone);
    return null;
  }
  zoneNames ??= ['UTC', ...Intl.supportedValuesOf('timeZone')];
  return `found ${showText(zone)}.${didYouMean(zone, zoneNames)} Allowed: an IANA time zone such as "UTC" or "Europe/Berlin".`;
}

function isKnownToIntl(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== '';
  } catch {
    return false; // RangeError is how Intl says that there is no such zone.
  }
}
