/** The window of a custom query that uses `:from` and `:to`. Pure. */
import type { WatermarkSpec } from '../domain/spec.ts';
import type { Window } from '../domain/plan.ts';
import { clockWarnings } from './clock-behind.ts';
import { formatClock, parseClock } from './clock.ts';
import { lastValue, watermarkWindow, windowEnd, type Scale } from './watermark.ts';
import { horizonOf, type WindowContext } from './windows.ts';

/** @throws TidemarkError WATERMARK_MISMATCH, WATERMARK_VALUE, BACKFILL_AHEAD. */
export function queryWindow(task: string, watermark: WatermarkSpec, context: WindowContext): Window {
  const scale = scaleOfQuery(watermark);
  const end = windowEnd(scale, watermark, horizonOf(context), context.run.until);
  return watermarkWindow(
    task,
    ':from',
    watermark,
    scale,
    context.memory,
    context.run,
    lastValue(scale, end, noClock),
  );
}

/** What the report has to say of it. */
export function queryWarnings(task: string, watermark: WatermarkSpec, context: WindowContext): string[] {
  if (context.run.backfill !== null) return [];
  return clockWarnings(
    task,
    ':from',
    scaleOfQuery(watermark),
    watermark,
    horizonOf(context),
    context,
    noClock,
  );
}

/** How finely its columns are kept is not known: whole seconds are right for all but DATE, as docs/spec.md says. */
function scaleOfQuery({ timezone }: WatermarkSpec): Extract<Scale, { kind: 'time' }> {
  return { kind: 'time', digits: 0, clock: timezone ?? 'UTC' };
}

/** Its zone is always named. */
function noClock(): never {
  throw new Error('the server has no say in the clock of a query');
}

/** What `:from` stands for before there is a watermark: the first time that a DATETIME can hold. */
export const BEGINNING = formatClock(parseClock('1000-01-01')!, 0);
