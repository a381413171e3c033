/**
 * Spans of time as people write them: "12 hours", "2 weeks", "90s", "3 months". Months and years are calendar
 * months, because no number of milliseconds is a month; everything shorter is exact.
 */
import ms from 'ms';
import type { Span } from '../domain/spec.ts';
import { nearest } from '../nearest.ts';

const MONTHS: Readonly<Record<string, number>> = {
  month: 1,
  months: 1,
  mo: 1,
  year: 12,
  years: 12,
  yr: 12,
  yrs: 12,
  y: 12,
};

/** Units in full: what a typing error is compared with, and what marks a text as meant for a span. */
const UNITS = ['second', 'minute', 'hour', 'day', 'week', 'month', 'year', 'millisecond'].flatMap((unit) => [
  unit,
  `${unit}s`,
]);

// So that the start of a span is always a date that JavaScript and MySQL can both hold.
const LONGEST_MONTHS = 12 * 1000;
const LONGEST_MS = 1000 * 365 * 86_400_000;

const SPAN = /^\s*(\d{1,9}(?:\.\d{1,9})?)\s*([a-z]{1,12})\s*$/i;

/**
 * Reads a span: a positive number and a unit, in any case, singular or plural.
 *
 * @returns null for anything else, a bare number included.
 */
export function parseSpan(text: string): Span | null {
  const match = SPAN.exec(text);
  if (match === null) return null;
  const amount = match[1]!;
  const unit = match[2]!.toLowerCase();
  const factor = Object.hasOwn(MONTHS, unit) ? MONTHS[unit]! : null;
  if (factor !== null) {
    const months = Number(amount) * factor;
    if (!Number.isInteger(months) || months < 1 || months > LONGEST_MONTHS) return null;
    return { text: text.trim(), months, milliseconds: 0 };
  }
  const exact: number | undefined = ms(`${amount}${unit}` as ms.StringValue);
  if (exact === undefined) return null;
  const milliseconds = Math.round(exact);
  if (milliseconds < 1 || milliseconds > LONGEST_MS) return null;
  return { text: text.trim(), months: 0, milliseconds };
}

/**
 * What is wrong with a text that is no span but was probably meant for one ("12 hors", "2 weeks ago"); null where
 * it is simply something else.
 */
export function misspelledSpan(text: string): string | null {
  if (text.length > 64 || parseSpan(text) !== null) return null;
  const [, amount, unit] = /^\s*([+-]?\d+(?:\.\d+)?)\s*([a-z]{3,})\s*$/i.exec(text) ?? [];
  if (unit !== undefined && !UNITS.includes(unit.toLowerCase())) {
    const meant = nearest(unit, UNITS);
    return meant === null ? null : `Did you mean "${amount} ${meant}"?`;
  }
  const words = text.toLowerCase().match(/[a-z]+/g) ?? [];
  if (!words.some((word) => UNITS.includes(word))) return null;
  return 'A span is one positive number and one unit, such as "12 hours"; months and years are whole.';
}

/** The instant that lies a span before another: 31 March less 1 month is the last day of February. */
export function spanBefore(span: Span, instant: Date): Date {
  return new Date(addMonths(instant, -span.months).getTime() - span.milliseconds);
}

/** Counted in the UTC calendar; a day that the month does not have becomes its last. */
export function addMonths(instant: Date, months: number): Date {
  const moved = new Date(instant);
  const day = moved.getUTCDate();
  moved.setUTCDate(1);
  moved.setUTCMonth(moved.getUTCMonth() + months);
  const lastDay = new Date(Date.UTC(moved.getUTCFullYear(), moved.getUTCMonth() + 1, 0)).getUTCDate();
  moved.setUTCDate(Math.min(day, lastDay));
  return moved;
}
