/**
 * Rows that are written while their clock is behind what is remembered carry times that have been read already. No run
 * can find them, so each one says so for as long as it lasts. Pure.
 */
import type { WatermarkSpec } from '../domain/spec.ts';
import type { RunIdentity, TaskMemory } from '../domain/run.ts';
import type { Horizon } from '../ports.ts';
import { formatClock, parseClock, unitOf } from './clock.ts';
import { clockShown, windowEnd, type Scale } from './watermark.ts';

/** A clock that is behind by less is being adjusted; in microseconds. */
const TOLERATED = 60_000_000n;

/**
 * @param scale of the column.
 * @param serverClock what the server's own clock shows at the end of the window, as it says it.
 * @returns what the report has to say of it.
 */
export function clockWarnings(
  table: string,
  column: string,
  scale: Extract<Scale, { kind: 'time' }>,
  watermark: WatermarkSpec,
  horizon: Horizon,
  { run, memory }: { readonly run: RunIdentity; readonly memory: TaskMemory },
  serverClock: (instant: bigint) => string,
): string[] {
  const known = memory.watermarks.find((one) => one.table === table);
  const value = known === undefined ? null : parseClock(known.value);
  if (known === undefined || value === null) return [];
  // Neither the lag nor an open transaction says anything about the clock. It is asked at the end of the window only.
  const end = windowEnd(scale, watermark, horizon, run.until);
  const shown = clockShown(scale, end, serverClock) + (horizon.now - end);
  if (value + unitOf(scale.digits) - shown <= TOLERATED) return [];
  return [
    `The watermark ${table}.${column} = ${known.value} lies ahead of the clock, which shows ${formatClock(shown, 0)}: the clock was set back, or the watermark was set by hand. Until the clock has passed it, no row is read, and rows that are written with times up to it will never be. If the clock is right now: \`tidemark watermark set TASK TIME --table ${table}\`, with the time from which on rows may be missing; those that were read already are published a second time.`,
  ];
}
