/**
 * The story of one run: open a snapshot, plan, extract, publish, report. `tidemark run` and the daemon both call
 * `runTask`. Whatever happens, it returns a report; a run that did not succeed has left nothing in the bucket.
 */
import type { ExportPlan, Plan, PreparedObject, RunReport, Spec } from './domain.ts';
import { TidemarkError, asTidemarkError } from './errors.ts';
import { exportTable, type Progress } from './extract/export-table.ts';
import type { PlanSettings, RunIdentity } from './plan/build.ts';
import { makePlan } from './planner.ts';
import type { Journal, RunObserver, Sink, Snapshot, Source } from './ports.ts';
import { manifestOf } from './publish/manifest.ts';
import { beginPublication, type Publication } from './publish/publication.ts';

/** What a run works with. */
export interface RunPorts {
  readonly source: Source;
  readonly sink: Sink;
  readonly journal: Journal;
  readonly observer: RunObserver;
  readonly settings: PlanSettings;
}

/** What has become of a run so far: the report of a failure tells as much of it as there was. */
interface RunState {
  plan: Plan | null;
  readonly tables: TableResult[];
  readonly warnings: string[];
}

interface TableResult {
  readonly plan: ExportPlan;
  readonly objects: readonly PreparedObject[];
  readonly rows: number;
  readonly bytes: number;
}

/** @param signal its reason becomes the run's error; the run then ends as soon as everything is undone. */
export async function runTask(spec: Spec, run: RunIdentity, ports: RunPorts, signal: AbortSignal): Promise<RunReport> {
  const startedAt = new Date();
  const state: RunState = { plan: null, tables: [], warnings: [] };
  const publication = beginPublication(ports.sink, ports.journal);
  let snapshot: Snapshot | null = null;
  try {
    snapshot = await ports.source.open(signal);
    const plan = await makePlan(spec, snapshot, run, ports.settings);
    state.plan = plan;
    state.warnings.push(...plan.warnings);
    ports.observer.planned(plan);

    await extractAll(plan, snapshot, ports, publication, state, signal);
    signal.throwIfAborted();
    const manifest = await publishAll(plan, ports, publication, state, startedAt);
    return report(spec, run, state, startedAt, 'succeeded', manifest, null);
  } catch (thrown) {
    const error = asTidemarkError(thrown);
    await publication.rollback();
    return report(spec, run, state, startedAt, 'failed', null, error);
  } finally {
    await snapshot?.close();
  }
}

/** Prepares every object of the plan, table by table: one session reads one result at a time. */
async function extractAll(
  plan: Plan,
  snapshot: Snapshot,
  ports: RunPorts,
  publication: Publication,
  state: RunState,
  signal: AbortSignal,
): Promise<void> {
  const progress: Progress = { rows: 0, bytes: 0, files: 0 };
  ports.observer.progress(progress);
  for (const table of plan.exports) {
    const result = await exportTable(
      table,
      plan.output,
      plan.onEmpty,
      snapshot,
      ports.sink,
      publication.begin,
      progress,
      signal,
    );
    state.warnings.push(...result.warnings);
    state.tables.push({ plan: table, objects: result.objects, rows: result.rows, bytes: result.bytes });
  }
}

/** Makes the run visible. Returns the manifest's key; null where every table was empty and skipped. */
async function publishAll(
  plan: Plan,
  ports: RunPorts,
  publication: Publication,
  state: RunState,
  startedAt: Date,
): Promise<string | null> {
  const objects = state.tables.flatMap((table) => table.objects);
  if (objects.length === 0) return null;
  const times = { startedAt, preparedAt: new Date() };
  const manifest = manifestOf(plan, objects, times, state.warnings, ports.sink.url);
  await publication.commit(objects, manifest);
  return manifest.key;
}

function report(
  spec: Spec,
  run: RunIdentity,
  { plan, tables, warnings }: RunState,
  startedAt: Date,
  status: RunReport['status'],
  manifest: string | null,
  error: TidemarkError | null,
): RunReport {
  const finishedAt = new Date();
  const done = new Map(tables.map((table) => [table.plan.name, table]));
  const published = error === null ? tables.flatMap((table) => table.objects) : [];
  return {
    task: spec.taskName,
    run_id: run.runId,
    status,
    scheduled_for: run.scheduledFor.toISOString(),
    started_at: startedAt.toISOString(),
    finished_at: finishedAt.toISOString(),
    duration_ms: finishedAt.getTime() - startedAt.getTime(),
    tables: (plan?.exports ?? []).map(({ name, sql }) => {
      const table = done.get(name);
      return { name, rows: table?.rows ?? 0, bytes: table?.bytes ?? 0, files: table?.objects.length ?? 0, sql: [sql] };
    }),
    files: published.map(({ key, table, batch, rows, bytes }) => ({ key, table, batch, rows, bytes })),
    manifest,
    windows: plan?.windows ?? [],
    warnings,
    error:
      error === null
        ? null
        : { code: error.code, message: error.message, hint: error.hint, retryable: error.retryable },
  };
}
