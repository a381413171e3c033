/** `blackout`, the times of the day at which nothing is read: a field that a task and a source of the config share. */
import type { DayWindow } from '../domain/spec.ts';
import { showText } from './show.ts';

export const blackoutSchema = {
  title: 'Blackout',
  description:
    'Times of the day at which no run begins, such as `"08:00-10:00"`, over midnight `"22:00-02:00"`. A slot that falls into one runs once it is over; a backfill waits there between its windows; a run in progress goes on. See docs/load.md.',
  type: ['array', 'null'],
  items: { type: 'string' },
  maxItems: 50,
  default: null,
  examples: [['08:00-10:00'], ['22:00-02:00', '12:00-13:00']],
  errorMessage: 'Allowed: a list of times of the day such as ["08:00-10:00", "22:00-02:00"].',
} as const;

const WINDOW = /^\s*(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})\s*$/;
const ALLOWED = 'Allowed: a time of the day from 00:00 to 24:00, such as "08:00-10:00" or "22:00-02:00".';
const DAY = 1440;

/** What is wrong with one window; null where nothing is. */
export function blackoutFault(text: string): string | null {
  const window = read(text);
  if (window === null) return `found ${showText(text)}. ${ALLOWED}`;
  if (window.from !== window.to) return null;
  return `found ${showText(text)}, which begins where it ends. ${ALLOWED}`;
}

/** What is wrong with windows of which each is right; null where nothing is. */
export function wholeDayFault(texts: readonly string[]): string | null {
  const shut = new Uint8Array(DAY);
  for (const { from, to } of texts.map(read).filter((window) => window !== null)) {
    if (from < to) shut.fill(1, from, to);
    else shut.fill(1, from).fill(1, 0, to);
  }
  if (texts.length === 0 || shut.includes(0)) return null;
  return 'found windows that cover the whole day, so that nothing would ever run. Leave some of it out; a task without a schedule runs by hand only.';
}

/** Of windows without faults. Null: nothing was said. */
export function blackoutOf(texts: readonly string[] | null | undefined): DayWindow[] | null {
  return texts?.map((text) => read(text)!) ?? null;
}

function read(text: string): DayWindow | null {
  const [, ...parts] = WINDOW.exec(text) ?? [];
  const [fromHour = 99, fromMinute = 99, toHour = 99, toMinute = 99] = parts.map(Number);
  const [from, to] = [minuteOf(fromHour, fromMinute), minuteOf(toHour, toMinute)];
  if (from === null || to === null || from === DAY) return null;
  // Midnight as the end of one day is the beginning of the next.
  return { from, to: to === 0 ? DAY : to };
}

function minuteOf(hour: number, minute: number): number | null {
  if (minute > 59 || hour > 24 || (hour === 24 && minute > 0)) return null;
  return hour * 60 + minute;
}
