/** The slots of a schedule by looking at every minute or second of a time zone's clock, as Intl shows it. */

export interface WallTime {
  readonly month: number;
  readonly day: number;
  /** 0: Sunday. */
  readonly weekday: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

export interface Reference {
  readonly matches: (wall: WallTime) => boolean;
  /** Each matching time of the clock is one slot, also one that the clock skips or shows twice. */
  readonly namesTimes: boolean;
  readonly stepMs: number;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** What the clocks of a zone show at an instant, as if it were UTC. */
export function clock(zone: string, instant: number): number {
  const format =
    formats.get(zone) ??
    new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  formats.set(zone, format);
  const part = Object.fromEntries(
    format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]),
  ) as Record<'year' | 'month' | 'day' | 'hour' | 'minute' | 'second', number>;
  return Date.UTC(part.year, part.month - 1, part.day, part.hour, part.minute, part.second);
}

/** The slots after one instant and up to another; both on a whole step. */
export function referenceSlots(reference: Reference, shown: readonly number[], from: number): number[] {
  const { matches, namesTimes, stepMs } = reference;
  const hits = (wall: number): boolean => matches(wallTime(wall));
  const slots: number[] = [];
  let latest = shown[0] as number;
  for (const [index, wall] of shown.entries()) {
    if (index === 0) continue;
    let hit = hits(wall);
    if (namesTimes) {
      hit &&= wall > latest; // a second pass
      for (let skipped = latest + stepMs; skipped < wall; skipped += stepMs) hit ||= hits(skipped);
      latest = Math.max(latest, wall);
    }
    if (hit) slots.push(from + index * stepMs);
  }
  return slots;
}

/** What the clocks show at each step of a stretch of time. */
export function shownClocks(zone: string, from: number, to: number, stepMs: number): number[] {
  return Array.from({ length: (to - from) / stepMs + 1 }, (_, index) => clock(zone, from + index * stepMs));
}

function wallTime(wall: number): WallTime {
  const date = new Date(wall);
  return {
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    weekday: date.getUTCDay(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
  };
}

/** The instants of a year at which the clocks of a zone are set, to the minute. */
export function clockChanges(zone: string, year: number): number[] {
  const offset = (instant: number): number => clock(zone, instant) - instant;
  const changes: number[] = [];
  const step = 12 * 3_600_000;
  for (let at = Date.UTC(year, 0, 1); at < Date.UTC(year + 1, 0, 1); at += step) {
    let [before, after] = [at, at + step];
    if (offset(before) === offset(after)) continue;
    while (after - before > 60_000) {
      const middle = Math.floor((before + after) / 120_000) * 60_000;
      if (offset(middle) === offset(before)) before = middle;
      else after = middle;
    }
    changes.push(after);
  }
  return changes;
}
