/** What can be said of the moment that the rows of a run are of: the plan knows the tables, the crew its snapshots. */
import type { ExportPlan, Plan } from '../domain/plan.ts';
import type { WantedConsistency } from '../domain/spec.ts';
import { TidemarkError } from '../errors.ts';
import type { Agreement } from '../lane-ports.ts';
import type { Draft } from './draft.ts';

/**
 * What the plan can promise, before anybody has begun a snapshot.
 *
 * @throws TidemarkError CONSISTENCY_UNPROVEN where a table keeps no snapshots, or none is known to, and the spec asks for
 * one.
 */
export function plannedConsistency(
  wanted: WantedConsistency,
  drafts: readonly Pick<Draft, 'name' | 'unkept'>[],
): Pick<Plan, 'consistency' | 'consistencyBasis' | 'sourcePosition'> {
  const without = [...new Set(drafts.flatMap(({ unkept }) => unkept ?? []))];
  const unseen = drafts.filter(({ unkept }) => unkept === null).map(({ name }) => name);
  if (without.length + unseen.length === 0)
    return { consistency: 'snapshot', consistencyBasis: null, sourcePosition: null };
  const insists = wanted === 'snapshot' || wanted === 'locked';
  if (without.length === 0) {
    const why = `which tables ${unseen.join(', ')} ${unseen.length === 1 ? 'reads' : 'read'} by way of views cannot be seen: they may keep no snapshots.`;
    if (insists)
      throw refused(
        wanted,
        why,
        'Grant SHOW VIEW on the whole database of the views, and of the tables beneath them.',
      );
    return { consistency: 'per_batch', consistencyBasis: `W${why.slice(1)}`, sourcePosition: null };
  }
  const [tables, keep] = [without.join(', ').replaceAll('`', ''), without.length === 1 ? 'keeps' : 'keep'];
  if (insists) {
    const alter = without.map((name) => `ALTER TABLE ${name} ENGINE=InnoDB;`).join(' ');
    const why = `${tables} ${keep} no snapshots, as InnoDB does: rows that are changed while the run reads would be of different moments.`;
    throw refused(wanted, why, `Run as an administrator: ${alter}`);
  }
  const consistencyBasis = `${tables} ${keep} no snapshots, as InnoDB does: what was read of ${without.length === 1 ? 'it' : 'them'} is as it was at that moment.`;
  return { consistency: 'per_batch', consistencyBasis, sourcePosition: null };
}

function refused(wanted: WantedConsistency, why: string, remedy: string): TidemarkError {
  return new TidemarkError('CONSISTENCY_UNPROVEN', `"consistency" is "${wanted}", and ${why}`, {
    hint: `${remedy} Or leave "consistency" out, or set it to "per_batch".`,
    retryable: false,
  });
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
