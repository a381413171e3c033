/** All exports of a plan through its crew: as many jobs at once as there are lanes, whichever table they are of. */
import type { ExportPlan, Plan } from './domain/plan.ts';
import type { Progress } from './extract/export-batch.ts';
import { TidemarkError } from './errors.ts';
import { emptyObjectJob, exportResult, jobsOf, type ExportResult } from './extract/table-result.ts';
import type { BatchJob, BatchResult, Crew, JobEvents, UploadLedger } from './lane-ports.ts';
import type { RunObserver } from './ports.ts';

/** What has become of a table. */
export interface TableResult extends ExportResult {
  readonly name: string;
}

/**
 * Prepares every object of a plan.
 *
 * @param onTable hears of each table that has been read to the end, as soon as it has been.
 * @throws TidemarkError of source or sink; RESULT_EMPTY.
 */
export async function extractAll(
  plan: Plan,
  crew: Crew,
  observer: RunObserver,
  ledger: UploadLedger,
  onTable: (table: TableResult) => void,
  signal: AbortSignal,
): Promise<void> {
  const progress = addedProgress();
  observer.progress(progress.total);
  const waits = addedWaits((reason) => observer.waits?.(reason));
  const events = (job: BatchJob): JobEvents => {
    // The lane that had it may have been lost while it waited.
    waits.of(job.id)(null);
    return {
      beginning: ledger.beginning,
      begun: ledger.begun,
      progress: progress.of(job.id),
      said: (message) => observer.said?.(job.export.name, message),
      waits: waits.of(job.id),
    };
  };
  const told = new Set<string>();
  const tables = plan.exports.map((table) =>
    collector(plan, table, (result) => {
      told.add(result.name);
      onTable(result);
    }),
  );
  const ofJob = new Map(tables.flatMap((table) => table.jobs.map(({ id }) => [id, table])));
  const done = (job: BatchJob, result: BatchResult): void => {
    waits.of(job.id)(null);
    ofJob.get(job.id)!.done(job, result);
  };
  await crew.export(
    tables.flatMap(({ jobs }) => jobs),
    events,
    signal,
    done,
  );
  const empty = tables.flatMap((table) => table.emptyJob() ?? []);
  if (empty.length > 0) await crew.export(empty, events, signal, done);
  const untold = plan.exports.filter(({ name }) => !told.has(name));
  // Published without them, the run would be taken for whole, and their watermarks would move.
  if (untold.length > 0)
    throw new TidemarkError('INTERNAL', `Nothing came of ${untold.map(({ name }) => name).join(', ')}.`);
}

/** The jobs of one table, and what comes of them. */
function collector(plan: Plan, table: ExportPlan, onTable: (table: TableResult) => void) {
  const jobs = jobsOf(plan, table);
  const results = new Map<string, BatchResult>();
  const inOrder = (): BatchResult[] => jobs.flatMap(({ id }) => results.get(id) ?? []);
  const emptyJob = (): BatchJob | null => emptyObjectJob(jobs, inOrder(), plan.onEmpty);
  return {
    jobs,
    emptyJob,
    done(job: BatchJob, result: BatchResult): void {
      results.set(job.id, result);
      if (results.size < jobs.length || emptyJob() !== null) return;
      onTable({ name: table.name, ...exportResult(table, inOrder(), plan.onEmpty, plan.output) });
    },
  };
}

/** The progress of several jobs, each of which tells its own from its beginning; one that is done again begins anew. */
function addedProgress(): { readonly total: Progress; of(job: string): (now: Progress) => void } {
  const total: Progress = { rows: 0, bytes: 0, files: 0 };
  const last = new Map<string, Progress>();
  return {
    total,
    of: (job) => (now) => {
      const before = last.get(job) ?? { rows: 0, bytes: 0, files: 0 };
      total.rows += now.rows - before.rows;
      total.bytes += now.bytes - before.bytes;
      total.files += now.files - before.files;
      last.set(job, now);
    },
  };
}

/** The waiting of several jobs as one: it begins with the first, and ends with the last. */
function addedWaits(tell: (reason: string | null) => void): {
  of(job: string): (reason: string | null) => void;
} {
  const waiting = new Set<string>();
  return {
    of: (job) => (reason) => {
      const before = waiting.size;
      if (reason === null) waiting.delete(job);
      else waiting.add(job);
      if ((before === 0) !== (waiting.size === 0)) tell(reason);
    },
  };
}
