/** What a clock in a named zone shows, counted in seconds as if it were UTC. Pure. */

const DAY_S = 86_400;

/** Days since 1970-01-01 of a date in the Gregorian calendar. Source: H. Hinnant, "chrono-compatible date algorithms". */
export function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

/** By zone: making one takes much longer than using it. */
const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  formats.set(zone, format);
  return format;
}

/**
 * @param zone IANA name, known to be valid.
 * @param seconds since 1970 UTC, whole.
 * @returns seconds since 1970 on the zone's own count.
 */
export function shownSeconds(zone: string, seconds: number): number {
  const shown: Record<string, number> = {};
  for (const { type, value } of formatOf(zone).formatToParts(seconds * 1000)) shown[type] = Number(value);
  const { year, month, day, hour, minute, second } = shown;
  return daysFromCivil(year!, month!, day!) * DAY_S + hour! * 3600 + minute! * 60 + second!;
}
