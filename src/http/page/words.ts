/** Numbers, times and schedules as people read them. Pure. */
import cronstrue from 'cronstrue';

// Made once: it takes longer to make than to use.
const COUNTS = new Intl.NumberFormat('en');
const SHORT_COUNTS = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
const clocks = new Map<string, Intl.DateTimeFormat>();
const MOST_CLOCKS = 100;

/** `1,234,567` */
export function counted(count: number): string {
  return COUNTS.format(count);
}

/** `1.2M` */
export function shortCount(count: number): string {
  return SHORT_COUNTS.format(count);
}

/** `1 run`, `3 runs` */
export function countOf(count: number, one: string): string {
  return `${counted(count)} ${one}${count === 1 ? '' : 's'}`;
}

/** `1.2 MB`, of 1,000,000 bytes. */
export function size(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const units = ['kB', 'MB', 'GB', 'TB', 'PB'];
  let value = bytes / 1000;
  let unit = 0;
  for (; value >= 999.95 && unit < units.length - 1; unit++) value /= 1000;
  return `${value.toFixed(value < 99.95 ? 1 : 0)} ${units[unit]}`;
}

/** `850 ms`, `3.2 s`, `4 min 10 s`, `2 h 5 min`, `3 days 4 h`. */
export function duration(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.max(0, Math.round(milliseconds))} ms`;
  if (milliseconds < 59_950) return `${(milliseconds / 1000).toFixed(1)} s`;
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 2880) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return `${Math.floor(minutes / 1440)} days ${Math.floor((minutes % 1440) / 60)} h`;
}

/** `in 3 h`, `12 min ago`, `now`: about how far an instant is from now. The script of the pages says the same. */
export function relative(instant: Date, now: Date): string {
  const gap = instant.getTime() - now.getTime();
  const seconds = Math.round(Math.abs(gap) / 1000);
  if (seconds < 1) return 'now';
  return gap > 0 ? `in ${about(seconds)}` : `${about(seconds)} ago`;
}

/** `Mon 23 Nov 2026, 03:00:00`, on the clock of a zone. */
export function clock(instant: Date, zone: string): string {
  let format = clocks.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-GB', {
      weekday: 'short',
      day: '2-digit',
      month: 'short',
      year: 'numeric',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
      timeZone: zone,
    });
    if (clocks.size >= MOST_CLOCKS) clocks.clear();
    clocks.set(zone, format);
  }
  return format.format(instant);
}

const days = new Map<string, Intl.DateTimeFormat>();

/** `Mon 23 Nov, 03:00`, on the clock of a zone, for times that are not far away. */
export function shortClock(instant: Date, zone: string): string {
  let format = days.get(zone);
  if (format === undefined) {
    const parts = {
      weekday: 'short',
      day: 'numeric',
      month: 'short',
      hour: '2-digit',
      minute: '2-digit',
    } as const;
    format = new Intl.DateTimeFormat('en-GB', { ...parts, timeZone: zone });
    if (days.size >= MOST_CLOCKS) days.clear();
    days.set(zone, format);
  }
  return format.format(instant).replace(/^(\w+),/, '$1');
}

/** `45 s`, `14 min`, `27 h`, `3 days`: about how long. */
export function about(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} days`;
}

/** `At 03:00, only on Monday`; the expression itself where there are no words for it. */
export function scheduleWords(expression: string): string {
  try {
    return cronstrue.toString(expression, { use24HourTimeFormat: true, verbose: false });
  } catch {
    return expression;
  }
}
