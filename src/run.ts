/**
 * The story of one run: open a snapshot, plan, extract, publish, report. `tidemark run` and the daemon both call
 * `runTask`. Whatever happens, it returns a report; a run that did not succeed has left nothing in the bucket.
 */
import type { Spec } from './domain/spec.ts';
import type { ExportPlan, Plan } from './domain/plan.ts';
import type { RunReport, TaskMemory } from './domain/run.ts';
import { asTidemarkError } from './errors.ts';
import { checkCounts } from './extract/count-check.ts';
import { exportTable, type Progress } from './extract/export-table.ts';
import { paceOf, UNLIMITED, type Pace, type PaceLimits } from './pace/pace.ts';
import type { PlanSettings } from './plan/build.ts';
import { refuseUnexpectedSizes, unexpectedSizes } from './plan/expectation.ts';
import { refuseSchemaChanges } from './plan/schema-change.ts';
import { makePlan, needsOf } from './planner.ts';
import type { Journal, RunObserver, Sink, Snapshot, Source } from './ports.ts';
import type { RowTransformer, Transforms, TransformTarget } from './transform-ports.ts';
import { manifestOf } from './publish/manifest.ts';
import { beginPublication, type Publication } from './publish/publication.ts';
import { beginRun, failedReport, recordOf, succeededReport } from './report.ts';
import type { RunAttempt, RunEnd, RunState } from './report.ts';

/** What a run works with. */
export interface RunPorts {
  readonly source: Source;
  readonly sink: Sink;
  readonly journal: Journal;
  readonly observer: RunObserver;
  /** Of what a spec's `row_transform` names. */
  readonly transforms: Transforms;
  readonly settings: PlanSettings;
  /** What the task remembers of its earlier runs. */
  readonly memory: TaskMemory;
  /** Whether the server also counts the rows, before anything is published. */
  readonly verifyCount?: boolean;
  /** When the run's timeout is over; null or left out: it has none. */
  readonly deadline?: Date | null;
  /** How the server is spared; left out: not at all. */
  readonly pace?: PaceLimits;
}

/** @param signal its reason becomes the run's error; the run then ends as soon as everything is undone. */
export async function runTask(
  spec: Spec,
  run: RunAttempt,
  ports: RunPorts,
  signal: AbortSignal,
): Promise<RunEnd> {
  const state = beginRun(spec.taskName, run);
  const publication = beginPublication(ports.sink, ports.journal, run.runId);
  try {
    const plan = await prepareAll(spec, run, ports, publication, state, signal);
    judgeSize(spec, run, plan, ports.memory, state);
    signal.throwIfAborted();
    return { report: await publishAll(plan, ports, publication, state), error: null };
  } catch (thrown) {
    const error = asTidemarkError(thrown);
    await publication.rollback();
    return { report: failedReport(state, error), error };
  }
}

/** The last moment at which a run of unexpected size can be kept from being seen. */
function judgeSize(
  spec: Spec,
  { kind }: RunAttempt,
  { windows }: Plan,
  memory: TaskMemory,
  state: RunState,
): void {
  const rows = state.tables.reduce((sum, table) => sum + table.rows, 0);
  const unexpected = unexpectedSizes(spec.expect, { kind, rows, windows, memory });
  state.unexpectedSizes.push(...unexpected);
  refuseUnexpectedSizes(unexpected, spec);
  state.warnings.push(...unexpected.map(({ message }) => message));
}

/** Plans and extracts in one snapshot, which ends before anything is published or undone: the server is done with. */
async function prepareAll(
  spec: Spec,
  run: RunAttempt,
  ports: RunPorts,
  publication: Publication,
  state: RunState,
  signal: AbortSignal,
): Promise<Plan> {
  // The module first: no snapshot is kept open for it.
  const { rowTransform } = spec;
  const declared = rowTransform === null ? null : await ports.transforms.inspect(rowTransform, signal);
  const settings = { ...ports.settings, declared };
  const pace = paceOf(ports.pace ?? UNLIMITED, ports.observer);
  await pace.beforeSnapshot(ports.source, signal);
  const timeLeftMs = ports.deadline ? ports.deadline.getTime() - Date.now() : null;
  const onWait = (reason: string | null): void => ports.observer.waits?.(reason);
  const needs = { ...needsOf(spec, run), timeLeftMs, onWait };
  const snapshot = pace.over(await ports.source.open(signal, needs));
  try {
    const plan = await makePlan(spec, snapshot, run, ports.memory, settings, signal);
    state.plan = plan;
    state.warnings.push(...plan.warnings);
    ports.observer.planned(plan);
    refuseSchemaChanges(plan, spec);
    await extractAll(plan, snapshot, pace, ports, publication, state, signal);
    if (ports.verifyCount === true)
      state.warnings.push(...(await checkCounts(plan, state.tables, snapshot, signal)));
    return plan;
  } finally {
    await snapshot.close();
  }
}

/** Prepares every object of the plan, table by table: one session reads one result at a time. */
async function extractAll(
  plan: Plan,
  snapshot: Snapshot,
  pace: Pace,
  ports: RunPorts,
  publication: Publication,
  state: RunState,
  signal: AbortSignal,
): Promise<void> {
  const progress: Progress = { rows: 0, bytes: 0, files: 0 };
  ports.observer.progress(progress);
  for (const [index, table] of plan.exports.entries()) {
    if (index > 0) await pace.beforeTable(snapshot, signal);
    const result = await exportTable(
      table,
      plan.output,
      plan.onEmpty,
      snapshot,
      ports.sink,
      publication.begin,
      progress,
      signal,
      transformerFor(table, plan, ports),
    );
    state.warnings.push(...result.warnings);
    state.tables.push({ name: table.name, ...result });
  }
}

/** Starts the module that a table's rows go through; null: they go through none. */
function transformerFor(
  { name, rowTransform, columns }: ExportPlan,
  { task, runId, scheduledFor, windows }: Plan,
  { transforms, observer }: RunPorts,
): ((target: TransformTarget) => RowTransformer) | null {
  if (rowTransform === undefined) return null;
  const own = windows.filter(({ table }) => table === name);
  const context = { task, table: name, runId, scheduledFor, windows: own };
  return (target) =>
    transforms.open(rowTransform, columns, context, target, (message) => observer.said?.(name, message));
}

/** Makes the run visible and has it recorded; where every table was empty and skipped, there is nothing to see. */
async function publishAll(
  plan: Plan,
  ports: RunPorts,
  publication: Publication,
  state: RunState,
): Promise<RunReport> {
  const objects = state.tables.flatMap((table) => table.objects);
  if (objects.length === 0) {
    const report = succeededReport(state, null);
    ports.journal.recordEmpty(recordOf(state, report, plan.sink));
    return report;
  }
  const times = { startedAt: state.attempt.startedAt, preparedAt: new Date() };
  const rowsRead = new Map(
    state.tables.flatMap(({ name, rowsRead: read }) => (read === undefined ? [] : [[name, read]])),
  );
  const manifest = manifestOf(plan, objects, times, state.warnings, ports.sink.url, rowsRead);
  const record = recordOf(state, succeededReport(state, manifest.key), plan.sink);
  const unrecorded = await publication.commit(objects, manifest, record);
  if (unrecorded !== null)
    state.warnings.push(
      `All is published, and will be recorded before the task runs again: ${unrecorded.message}`,
    );
  return succeededReport(state, manifest.key);
}
