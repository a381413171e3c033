/** An export of a plan as jobs, and what has become of them as what has become of the export. */
import type { ExportPlan, Plan } from '../domain/plan.ts';
import type { OnEmpty, OutputOptions } from '../domain/spec.ts';
import type { PreparedObject } from '../domain/run.ts';
import { TidemarkError } from '../errors.ts';
import type { BatchJob, BatchResult, Counts } from '../lane-ports.ts';

export interface ExportResult {
  /** In key order where the export has ranges. */
  readonly objects: readonly PreparedObject[];
  /** Rows written. */
  readonly rows: number;
  /** Rows that the source sent, where a module maps them; left out where they are those written. */
  readonly rowsRead?: number;
  readonly bytes: number;
  readonly warnings: readonly string[];
}

/** The jobs of an export: one for each of its ranges, or one for all of it. */
export function jobsOf(plan: Plan, { ranges, ...whole }: ExportPlan): BatchJob[] {
  const { task, runId, scheduledFor, output } = plan;
  const windows = plan.windows.filter(({ table }) => table === whole.name);
  const common = { task, runId, scheduledFor, output, windows };
  if (ranges === undefined) {
    const emptyObject = plan.onEmpty === 'header';
    return [{ ...common, id: idOf(whole.name), export: whole, emptyObject, numbers: { first: 0, step: 1 } }];
  }
  return ranges.map(({ sql, range }, index): BatchJob => {
    const numbers = { first: index, step: ranges.length };
    const id = idOf(whole.name, index);
    return { ...common, id, export: { ...whole, sql }, emptyObject: false, numbers, range };
  });
}

/** A table may be called anything, also as a range of another could be. */
function idOf(...parts: readonly [name: string, range?: number]): string {
  return JSON.stringify(parts);
}

/**
 * The job that makes the object of an export without a row; null: there is none to be made. No range knows that all the
 * others are empty, too, so the first is read once more.
 */
export function emptyObjectJob(
  jobs: readonly BatchJob[],
  results: readonly BatchResult[],
  onEmpty: OnEmpty,
): BatchJob | null {
  if (onEmpty !== 'header' || results.some(({ objects }) => objects.length > 0)) return null;
  const { range: _, ...first } = jobs[0]!;
  return { ...first, emptyObject: true };
}

/**
 * @param results of its jobs, in their order.
 * @throws TidemarkError RESULT_EMPTY.
 */
export function exportResult(
  plan: ExportPlan,
  results: readonly BatchResult[],
  onEmpty: OnEmpty,
  output: OutputOptions,
): ExportResult {
  const objects = results.flatMap((result) => result.objects);
  const sum = (of: (result: BatchResult) => number): number =>
    results.reduce((total, result) => total + of(result), 0);
  if (onEmpty === 'fail' && objects.length === 0)
    throw new TidemarkError('RESULT_EMPTY', `${plan.name} returned no row.`, { sql: plan.sql });
  const rowsRead = sum((result) => result.rowsRead);
  return {
    objects,
    rows: sum(({ rows }) => rows),
    ...(plan.rowTransform === undefined ? {} : { rowsRead }),
    bytes: sum(({ bytes }) => bytes),
    warnings: [...results.flatMap(({ notes }) => notes), ...oddities(plan, results, output)],
  };
}

function oddities({ name }: ExportPlan, results: readonly BatchResult[], output: OutputOptions): string[] {
  const dates = output.zeroDates === 'null' ? 'NULL' : 'text';
  const texts =
    output.format === 'jsonl' || output.format === 'parquet' ? 'with U+FFFD in their place' : 'as they are';
  const warnings = (of: (result: BatchResult) => Counts, what: string): string[] =>
    Array.from(added(results.map(of)), ([column, count]) => `${name}.${column}: ${count} ${what}.`);
  return [
    ...warnings(({ zeroDates }) => zeroDates, `zero or partial dates written as ${dates}`),
    ...warnings(
      ({ invalidTexts }) => invalidTexts,
      `texts are not valid UTF-8; their bytes were written ${texts}`,
    ),
    ...warnings(({ brokenJson }) => brokenJson, 'values are not JSON; they were written as strings'),
  ];
}

function added(all: readonly Counts[]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const counts of all)
    for (const [column, count] of Object.entries(counts)) sums.set(column, (sums.get(column) ?? 0) + count);
  return sums;
}
