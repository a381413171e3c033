/** What can be said of the moment that the rows of a run are of: the plan knows the tables, the crew its snapshots. */
import type { Consistency, ExportPlan, Plan } from '../domain/plan.ts';
import type { Agreement } from '../lane-ports.ts';

/** The plan with what its crew has agreed on. An engine that keeps no snapshot is not helped by one. */
export function withAgreement(plan: Plan, { level }: Agreement): Plan {
  const consistency: Consistency = plan.consistency === 'per_batch' ? 'per_batch' : level;
  return { ...plan, consistency };
}

/** How many lanes a plan can use: one for each SELECT, and no more than the task may have. */
export function lanesOf({ exports }: Plan, parallelism: number): number {
  const selects = (table: ExportPlan): number => table.ranges?.length ?? 1;
  return Math.min(
    parallelism,
    exports.reduce((sum, table) => sum + selects(table), 0),
  );
}
