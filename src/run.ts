/**
 * The story of one run: open a snapshot, plan, extract, publish, report. `tidemark run` and the daemon both call
 * `runTask`. Whatever happens, it returns a report; a run that did not succeed has left nothing in the bucket.
 */
import type { Plan, Spec } from './domain.ts';
import { asTidemarkError } from './errors.ts';
import { exportTable, type Progress } from './extract/export-table.ts';
import type { PlanSettings, RunIdentity } from './plan/build.ts';
import { makePlan } from './planner.ts';
import type { Journal, RunObserver, Sink, Snapshot, Source } from './ports.ts';
import { manifestOf } from './publish/manifest.ts';
import { beginPublication, type Publication } from './publish/publication.ts';
import { beginRun, failedReport, succeededReport, type RunEnd, type RunState } from './report.ts';

/** What a run works with. */
export interface RunPorts {
  readonly source: Source;
  readonly sink: Sink;
  readonly journal: Journal;
  readonly observer: RunObserver;
  readonly settings: PlanSettings;
}

/** @param signal its reason becomes the run's error; the run then ends as soon as everything is undone. */
export async function runTask(
  spec: Spec,
  run: RunIdentity,
  ports: RunPorts,
  signal: AbortSignal,
): Promise<RunEnd> {
  const state = beginRun(spec.taskName, run);
  const publication = beginPublication(ports.sink, ports.journal, run.runId);
  try {
    const plan = await prepareAll(spec, run, ports, publication, state, signal);
    signal.throwIfAborted();
    const manifest = await publishAll(plan, ports, publication, state);
    return { report: succeededReport(state, manifest), error: null };
  } catch (thrown) {
    const error = asTidemarkError(thrown);
    await publication.rollback();
    return { report: failedReport(state, error), error };
  }
}

/** Plans and extracts in one snapshot, which ends before anything is published or undone: the server is done with. */
async function prepareAll(
  spec: Spec,
  run: RunIdentity,
  ports: RunPorts,
  publication: Publication,
  state: RunState,
  signal: AbortSignal,
): Promise<Plan> {
  const snapshot = await ports.source.open(signal);
  try {
    const plan = await makePlan(spec, snapshot, run, ports.settings);
    state.plan = plan;
    state.warnings.push(...plan.warnings);
    ports.observer.planned(plan);
    await extractAll(plan, snapshot, ports, publication, state, signal);
    return plan;
  } finally {
    await snapshot.close();
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
    state.tables.push({ name: table.name, ...result });
  }
}

/** Makes the run visible. Returns the manifest's key; null where every table was empty and skipped. */
async function publishAll(
  plan: Plan,
  ports: RunPorts,
  publication: Publication,
  state: RunState,
): Promise<string | null> {
  const objects = state.tables.flatMap((table) => table.objects);
  if (objects.length === 0) return null;
  const times = { startedAt: state.startedAt, preparedAt: new Date() };
  const manifest = manifestOf(plan, objects, times, state.warnings, ports.sink.url);
  await publication.commit(objects, manifest);
  return manifest.key;
}
