/** What a plan can promise of the moment that its rows are of, and what becomes of that when a crew has agreed. */
import type { Plan } from '../../../src/domain/plan.ts';
import type { Agreement } from '../../../src/lane-ports.ts';
import { plannedConsistency, withAgreement } from '../../../src/plan/consistency.ts';

const InnoDb = { name: 'orders', unkept: [] };
const MyIsam = { name: 'log', unkept: ['`log`'] };
const Memory = { name: 'cache', unkept: ['`cache`'] };
const Unseen = { name: 'sales', unkept: null };

it.each(['best', 'snapshot', 'locked', 'per_batch'] as const)(
  'is a snapshot where all tables keep them, asked for %s',
  (wanted) => {
    expect(plannedConsistency(wanted, [InnoDb])).toEqual({
      consistency: 'snapshot',
      consistencyBasis: null,
      sourcePosition: null,
    });
  },
);

it.each(['best', 'per_batch'] as const)('names the tables that keep none, asked for %s', (wanted) => {
  expect(plannedConsistency(wanted, [InnoDb, MyIsam])).toMatchObject({
    consistency: 'per_batch',
    consistencyBasis:
      'log keeps no snapshots, as InnoDB does: what was read of it is as it was at that moment.',
  });
  expect(plannedConsistency(wanted, [MyIsam, Memory])).toMatchObject({
    consistencyBasis:
      'log, cache keep no snapshots, as InnoDB does: what was read of them is as it was at that moment.',
  });
});

it.each(['snapshot', 'locked'] as const)('fails for these tables where %s is asked for', (wanted) => {
  expect(() => plannedConsistency(wanted, [InnoDb, MyIsam, Memory])).toThrow(
    expect.objectContaining({
      code: 'CONSISTENCY_UNPROVEN',
      retryable: false,
      message: expect.stringContaining(`"consistency" is "${wanted}", and log, cache keep no snapshots`),
      hint: 'Run as an administrator: ALTER TABLE `log` ENGINE=InnoDB; ALTER TABLE `cache` ENGINE=InnoDB; Or leave "consistency" out, or set it to "per_batch".',
    }),
  );
});

it('says what a crew has agreed on, unless a table keeps no snapshots anyway', () => {
  const agreement: Agreement = { level: 'locked', basis: 'Writers were kept out.', position: 'b:1' };
  const plan = (drafts: Parameters<typeof plannedConsistency>[1]) =>
    ({ task: 'a', ...plannedConsistency('best', drafts) }) as Plan;
  expect(withAgreement(plan([InnoDb]), agreement)).toEqual({
    task: 'a',
    consistency: 'locked',
    consistencyBasis: 'Writers were kept out.',
    sourcePosition: 'b:1',
  });
  const mixed = plan([InnoDb, MyIsam]);
  expect(withAgreement(mixed, agreement)).toBe(mixed);
});

it('promises nothing of a view beneath which nothing can be seen', () => {
  const why = 'hich tables sales reads by way of views cannot be seen: they may keep no snapshots.';
  expect(plannedConsistency('best', [InnoDb, Unseen])).toEqual({
    consistency: 'per_batch',
    consistencyBasis: `W${why}`,
    sourcePosition: null,
  });
  expect(() => plannedConsistency('snapshot', [InnoDb, Unseen])).toThrow(
    expect.objectContaining({
      code: 'CONSISTENCY_UNPROVEN',
      retryable: false,
      message: expect.stringContaining(`w${why}`),
      hint: expect.stringContaining('SHOW VIEW'),
    }),
  );
});
