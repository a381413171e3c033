/** `run --verify count`: what was written, against what the server counts in the same snapshot. */
import type { Plan } from '../domain/plan.ts';
import { TidemarkError } from '../errors.ts';
import type { Crew } from '../lane-ports.ts';

/**
 * @param tables what was written of each export, and read where that is something else, of the plan, in its order.
 * @returns a warning for each table that differs where the engine keeps no snapshot, so that rows may have come and
 *   gone between reading and counting.
 * @throws TidemarkError COUNT_DIFFERS; those of the source.
 */
export async function checkCounts(
  plan: Plan,
  tables: readonly { readonly rows: number; readonly rowsRead?: number }[],
  { scalar }: Pick<Crew, 'scalar'>,
  signal: AbortSignal,
): Promise<string[]> {
  const warnings: string[] = [];
  for (const [index, { name, countSql }] of plan.exports.entries()) {
    const { rows, rowsRead } = tables[index]!;
    // A module makes other rows of those that it is given.
    const expected = rowsRead ?? rows;
    const counted = await scalar(countSql, signal);
    // As text: a count beyond 2^53 is no number that a row count could equal.
    if (String(counted) === String(expected)) continue;
    const message = `${name}: ${expected} rows were ${rowsRead === undefined ? 'written' : 'read'}, and COUNT(*) gives ${counted}.`;
    if (plan.consistency !== 'per_batch')
      throw new TidemarkError('COUNT_DIFFERS', message, { sql: countSql });
    warnings.push(`${message} Not all tables keep a snapshot: rows may have changed in between.`);
  }
  return warnings;
}
