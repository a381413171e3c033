/** How many slots have passed without a run, and why, in words. */
import { COUNTED } from './due.ts';
import type { Passed } from './task-slots.ts';

/** Slots are counted up to `COUNTED`. */
export function counted(count: number): number | string {
  return count < COUNTED ? count : `${COUNTED} or more`;
}

/** @returns a sentence. */
export function whyPassed({ first, last, count }: Passed, ranFor: Date): string {
  const slots =
    count === 1
      ? 'The slot was skipped'
      : `${counted(count)} slots from ${first.toISOString()} to ${last.toISOString()} were skipped`;
  return `${slots}: the run for ${ranFor.toISOString()} had not ended.`;
}
