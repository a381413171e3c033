/** Spans of time that have to be exact: "1 minute" is so many milliseconds, a month is not. */
import { showText } from './show.ts';
import { misspelledSpan, parseSpan } from './span.ts';

const DAY_MS = 86_400_000;

/** What a setting takes for its duration. */
export interface DurationRule {
  /** Shown where something else was written. */
  readonly example: string;
  readonly longestDays: number;
  /** Whether no time at all is fine: `"0 seconds"`, `"0"`. */
  readonly zero: boolean;
}

/** Whole milliseconds of an exact span, `"0"` and `"0 seconds"` included; null for months, years and all else. */
export function durationMs(text: string): number | null {
  const span = parseSpan(text);
  if (span?.months === 0) return span.milliseconds;
  return span === null && isZero(text) ? 0 : null;
}

/** What is wrong with a duration; null where nothing is. */
export function durationFault(text: string, rule: DurationRule): string | null {
  const ms = durationMs(text);
  if (ms !== null && ms <= rule.longestDays * DAY_MS && (ms > 0 || rule.zero)) return null;
  const isCalendar = parseSpan(text) !== null && ms === null;
  const why = isCalendar ? '; months and years have no fixed length.' : `.${ms === null ? meant(text) : ''}`;
  return `found ${showText(text)}${why} ${allowed(rule)}`;
}

function isZero(text: string): boolean {
  const match = /^\s*0{1,9}(?:\.0{1,9})?\s*([a-z]{1,12})?\s*$/i.exec(text);
  if (match === null) return false;
  return match[1] === undefined || parseSpan(`1 ${match[1]}`)?.months === 0;
}

/** Only what `misspelledSpan` is sure of; that a span is one number and one unit is said by what is allowed. */
function meant(text: string): string {
  const hint = misspelledSpan(text);
  return hint?.startsWith('Did you mean') === true ? ` ${hint}` : '';
}

function allowed({ example, longestDays, zero }: DurationRule): string {
  const most = longestDays === 1 ? '1 day' : `${longestDays} days`;
  const least = zero ? 'from 0 to' : 'above 0 and at most';
  return `Allowed: a span of time such as "${example}", ${least} ${most}.`;
}
