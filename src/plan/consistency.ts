/** What can be said of the moment that the rows of a run are of: the plan knows the tables, the crew its snapshots. */
import type { ExportPlan, Plan } from '../domain/plan.ts';
import type { WantedConsistency } from '../domain/spec.ts';
import { TidemarkError } from '../errors.ts';
import type { Agreement } from '../lane-ports.ts';
import type { Draft } from './draft.ts';
import { quoteName } from './sql.ts';

/**
 * What the plan can promise, before anybody has begun a snapshot.
 *
 * @throws TidemarkError CONSISTENCY_UNPROVEN where a table keeps no snapshots, and the spec asks for one.
 */
export function plannedConsistency(
  wanted: WantedConsistency,
  drafts: readonly Pick<Draft, 'name' | 'inSnapshot'>[],
): Pick<Plan, 'consistency' | 'consistencyBasis' | 'sourcePosition'> {
  const without = drafts.filter(({ inSnapshot }) => !inSnapshot).map(({ name }) => name);
  if (without.length === 0) return { consistency: 'snapshot', consistencyBasis: null, sourcePosition: null };
  const [tables, keep] = [without.join(', '), without.length === 1 ? 'keeps' : 'keep'];
  if (wanted === 'snapshot' || wanted === 'locked') {
    const alter = without.map((name) => `ALTER TABLE ${quoteName(name)} ENGINE=InnoDB;`).join(' ');
    throw new TidemarkError(
      'CONSISTENCY_UNPROVEN',
      `"consistency" is "${wanted}", and ${tables} ${keep} no snapshots, as InnoDB does: rows that are changed while the run reads would be of different moments.`,
      {
        hint: `Run as an administrator: ${alter} Or leave "consistency" out, or set it to "per_batch".`,
        retryable: false,
      },
    );
  }
  const consistencyBasis = `${tables} ${keep} no snapshots, as InnoDB does: what was read of ${without.length === 1 ? 'it' : 'them'} is as it was at that moment.`;
  return { consistency: 'per_batch', consistencyBasis, sourcePosition: null };
}

/** The plan with what its crew has agreed on. An engine that keeps no snapshot is not helped by one. */
export function withAgreement(plan: Plan, { level, basis, position }: Agreement): Plan {
  if (plan.consistency === 'per_batch') return plan;
  return { ...plan, consistency: level, consistencyBasis: basis, sourcePosition: position };
}

/** How many lanes a plan can use: one for each SELECT, and no more than the task may have. */
export function lanesOf({ exports }: Plan, parallelism: number): number {
  const selects = (table: ExportPlan): number => table.ranges?.length ?? 1;
  return Math.min(
    parallelism,
    exports.reduce((sum, table) => sum + selects(table), 0),
  );
}
