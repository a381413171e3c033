/**
 * The slots of a schedule: the times for which a task is to run, whole seconds. Pure.
 *
 * node-cron reads an expression into lists of numbers, croner reckons with them in a time zone. Where the clocks
 * change: an expression without `*` or step in its second, minute and hour fields names times of the day. Each of them
 * is one slot a day: where the clocks skip it, the first moment after the gap; where they show it twice, the first.
 * With `*` or a step there it runs by real time: no slots in the gap, slots in both passes of a repeated hour.
 */
import { Cron, type CronOptions } from 'croner';
import { parse, type ParsedFields } from 'node-cron';
import type { Timing } from './reconcile.ts';

type Next = (after: Date) => Date | null;

/** The first slot after a time; null where the expression names a day that never comes. */
export function nextSlot(timing: Timing, after: Date): Date | null {
  return nextOf(timing)(after);
}

/** The same for the views; null also where the task runs by hand only. */
export function nextFire(timing: Timing | null, after: Date = new Date()): Date | null {
  return timing === null ? null : nextSlot(timing, after);
}

/** The last slot after one time and up to another; null where there is none. */
export function lastSlot(timing: Timing, after: Date, upTo: Date): Date | null {
  const next = nextOf(timing);
  let last = next(after);
  if (last === null || last > upTo) return null;
  // The slots of a year are too many to walk. Halves instead: is there one after the middle?
  let end = Math.floor(upTo.getTime() / 1000);
  while (last.getTime() / 1000 < end) {
    const middle = Math.floor((last.getTime() / 1000 + end) / 2);
    const later = next(new Date(middle * 1000));
    if (later === null || later > upTo) end = middle;
    else last = later;
  }
  return last;
}

/** How many slots there are after one time and up to another; counting ends at `limit`. */
export function countSlots(timing: Timing, after: Date, upTo: Date, limit: number): number {
  const next = nextOf(timing);
  let count = 0;
  for (let slot = next(after); slot !== null && slot <= upTo && count < limit; slot = next(slot)) count++;
  return count;
}

// Reading an expression costs as much as reckoning with it, and keeping it 70 KB: croner has a flag for every year.
const known = new Map<string, Next>();
const MOST_KNOWN = 100;

function nextOf({ schedule, timezone }: Timing): Next {
  const key = `${timezone} ${schedule}`;
  const next = known.get(key) ?? reckon(schedule, timezone);
  // The order of a Map is that of insertion: what was used last goes to its end, what was not for longest is first.
  known.delete(key);
  known.set(key, next);
  for (const oldest of known.keys()) {
    if (known.size <= MOST_KNOWN) break;
    known.delete(oldest);
  }
  return next;
}

function reckon(schedule: string, timezone: string): Next {
  const options: CronOptions = {
    // UTC has no changes to look for, which is ten times faster.
    ...(timezone === 'UTC' ? { utcOffset: 0 } : { timezone }),
    domAndDow: true,
    // The patterns hold no wildcards any more, so the rule for lists says which kind the expression is.
    fixedTimeRule: namesTimes(schedule) ? 'no-wildcard' : 'single-value',
  };
  const crons = patternsOf(parse(schedule)).map((pattern) => new Cron(pattern, options));
  return (after) => earliest(crons.map((cron) => cron.nextRun(after)));
}

function earliest(times: readonly (Date | null)[]): Date | null {
  return times.reduce((one, other) => (one === null || (other !== null && other < one) ? other : one), null);
}

function namesTimes(schedule: string): boolean {
  const fields = schedule.trim().split(/\s+/);
  return !fields.slice(0, fields.length === 6 ? 3 : 2).some((field) => /[*/]/.test(field));
}

const MONTHS = [
  { length: 31, months: [1, 3, 5, 7, 8, 10, 12], years: '*' },
  { length: 30, months: [4, 6, 9, 11], years: '*' },
  { length: 29, months: [2], years: '1904-2096/4' },
  { length: 28, months: [2], years: '1901-2097/4,1902-2098/4,1903-2099/4,2100' },
];

/**
 * In croner's form: from seconds to years. It does not know a day such as `L-3`; that becomes a pattern for each length
 * of a month.
 */
function patternsOf({ second, minute, hour, dayOfMonth, month, dayOfWeek }: ParsedFields): string[] {
  const pattern = (days: readonly (string | number)[], months: readonly number[], years: string): string =>
    [second, minute, hour, days, months, dayOfWeek, [years]].map((list) => list.join(',')).join(' ');

  const days = dayOfMonth.filter((token) => !String(token).startsWith('L-'));
  const patterns = days.length === 0 ? [] : [pattern(days, month, '*')];
  const beforeLast = dayOfMonth.flatMap((token) => /^L-(\d+)$/.exec(String(token))?.[1] ?? []).map(Number);
  for (const { length, months, years } of MONTHS) {
    const among = months.filter((one) => month.includes(one));
    const counted = beforeLast.filter((n) => n < length).map((n) => length - n);
    if (among.length > 0 && counted.length > 0) patterns.push(pattern(counted, among, years));
  }
  return patterns;
}
