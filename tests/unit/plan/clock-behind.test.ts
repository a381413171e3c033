/** A clock behind what is remembered is told; a lag, an open transaction and a change of the clock in autumn are not. */
import type { WatermarkSpec } from '../../../src/domain/spec.ts';
import { clockWarnings } from '../../../src/plan/clock-behind.ts';
import { formatClock } from '../../../src/plan/clock.ts';
import type { Scale } from '../../../src/plan/watermark.ts';
import { attemptOf, horizonAt, microsAt, NO_MEMORY, slotOf } from '../../support/runs.ts';
import { SCHEDULED_FOR } from './sample.ts';

const SPEC: WatermarkSpec = { initial: null, lagMs: 60_000, timezone: null, nulls: 'never' };
const NOW = '2026-07-01T02:04:00Z';
const run = attemptOf(slotOf(SCHEDULED_FOR));

interface Case {
  readonly now?: string;
  readonly digits?: number | 'date';
  readonly clock?: string | null;
  readonly lagMs?: number;
  readonly oldestWrite?: string;
  readonly until?: string;
}

/** Of a server whose own clock is two hours before UTC. */
function warningsOf(value: string | null, some: Case = {}): string[] {
  const { now = NOW, digits = 0, clock = 'UTC', lagMs = 60_000, oldestWrite, until } = some;
  const scale: Extract<Scale, { kind: 'time' }> = { kind: 'time', digits, clock };
  const watermarks = value === null ? [] : [{ table: 't', column: 'c', value }];
  const horizon = {
    ...horizonAt(microsAt(now)),
    oldestWrite: oldestWrite === undefined ? null : microsAt(oldestWrite),
  };
  const of = { ...run, until: until === undefined ? null : new Date(until) };
  const memory = { ...NO_MEMORY, watermarks };
  return clockWarnings('t', 'c', scale, { ...SPEC, lagMs }, horizon, { run: of, memory }, (instant) =>
    formatClock(instant + 7_200_000_000n, 0),
  );
}

it.each<[string, Case]>([
  ['2026-07-01 02:06:00', {}],
  ['2026-07-01 03:00:00', {}],
  ['2026-07-01 03:00:00', { oldestWrite: '2026-07-01T01:00:00Z', lagMs: 86_400_000 }],
  ['2026-07-01 04:06:00', { clock: null }],
  ['2026-07-01 04:06:00', { clock: 'Europe/Berlin' }],
  ['2026-07-01', { digits: 'date' }],
])('warns where %s is remembered (%j)', (value, some) => {
  const [warning, ...more] = warningsOf(value, some);
  expect(more).toEqual([]);
  expect(warning).toContain(`The watermark t.c = ${value} lies ahead of the clock, which shows 2026-07-01 0`);
  expect(warning).toContain('`tidemark watermark set TASK TIME --table t`');
});

it('names what the clock shows', () => {
  expect(warningsOf('2026-07-01 05:00:00')[0]).toContain('which shows 2026-07-01 02:04:00:');
  expect(warningsOf('2026-07-01 05:00:00', { clock: null })[0]).toContain('which shows 2026-07-01 04:04:00:');
});

it.each<[string | null, Case]>([
  [null, {}],
  ['0000-00-00', {}],
  ['2026-07-01 02:03:00', {}],
  // A clock that is being adjusted.
  ['2026-07-01 02:04:59', {}],
  // The lag is longer than it was.
  ['2026-07-01 02:03:00', { lagMs: 86_400_000 }],
  // A transaction that began long ago has only now written.
  ['2026-07-01 02:03:00', { oldestWrite: '2026-06-30T00:00:00Z' }],
  // A slot is made up for after a later run by hand.
  ['2026-07-01 02:03:00', { until: '2026-06-30T00:00:00Z' }],
  ['2026-07-01 04:03:00', { clock: null }],
  ['2026-06-30', { digits: 'date' }],
  // Before the clock is set back, and after.
  ['2026-10-25 01:59:58', { clock: 'Europe/Berlin', now: '2026-10-25T00:30:00Z' }],
  ['2026-10-25 01:59:58', { clock: 'Europe/Berlin', now: '2026-10-25T01:00:30Z' }],
])('says nothing where %s is remembered (%j)', (value, some) => {
  expect(warningsOf(value, some)).toEqual([]);
});
