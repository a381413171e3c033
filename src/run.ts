/**
 * The story of one run: open a snapshot, plan, extract, publish, report. `tidemark run` and the daemon both call
 * `runTask`. Whatever happens, it returns a report; a run that did not succeed has left nothing in the bucket.
 */
import type { Spec } from './domain/spec.ts';
import type { Plan } from './domain/plan.ts';
import type { RunReport, TaskMemory } from './domain/run.ts';
import { asTidemarkError } from './errors.ts';
import { extractAll, type TableResult } from './extract-all.ts';
import { checkCounts } from './extract/count-check.ts';
import type { Crew, Crews } from './lane-ports.ts';
import type { PaceLimits } from './pace/pace.ts';
import type { PlanSettings } from './plan/build.ts';
import { refuseUnexpectedSizes, unexpectedSizes } from './plan/expectation.ts';
import { planAndAssemble } from './plan-and-assemble.ts';
import type { Journal, JournalEntry, RunObserver, Sink, Source } from './ports.ts';
import { memoOf } from './run-memo.ts';
import type { Transforms } from './transform-ports.ts';
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
  /** Who reads; left out, or null: this thread, with the connection that the run is planned with. */
  readonly crews?: Crews | null;
  /** Where the run was planned and begun by a process that is no more: who reads it. Left out: it begins here. */
  readonly begun?: BegunRun;
}

/** What is known of a run that is led on. */
export interface BegunRun {
  readonly plan: Plan;
  readonly crew: Crew;
  readonly warnings: readonly string[];
  /** Uploads that the journal knows of. */
  readonly uploads: JournalEntry['uploads'];
}

/** @param signal its reason becomes the run's error; the run then ends as soon as everything is undone. */
export async function runTask(
  spec: Spec,
  run: RunAttempt,
  ports: RunPorts,
  signal: AbortSignal,
): Promise<RunEnd> {
  const state = beginRun(spec.taskName, run);
  const publication = beginPublication(ports.sink, ports.journal, run.runId, ports.begun?.uploads);
  try {
    const plan = await prepareAll(spec, run, ports, publication, state, signal);
    judgeSize(spec, run, plan, ports.memory, state);
    signal.throwIfAborted();
    return { report: await publishAll(plan, ports, publication, state), error: null };
  } catch (thrown) {
    const error = asTidemarkError(thrown);
    // Whoever leads it on needs what has been uploaded.
    if (error.code !== 'RUN_LEFT') await publication.rollback();
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

/** Plans and extracts; the server is done with before anything is published or undone. */
async function prepareAll(
  spec: Spec,
  run: RunAttempt,
  ports: RunPorts,
  publication: Publication,
  state: RunState,
  signal: AbortSignal,
): Promise<Plan> {
  const { plan, crew } =
    ports.begun === undefined
      ? await planAndAssemble(spec, run, ports, state, signal)
      : leadOn(ports.begun, ports.observer, state);
  try {
    await crew.keep?.(memoOf(spec, run, plan, state.warnings, ports.deadline ?? null), signal);
    await extractAll(plan, crew, ports.observer, publication, (table) => addTable(state, table), signal);
    sortTables(state, plan);
    if (ports.verifyCount === true)
      state.warnings.push(...(await checkCounts(plan, state.tables, crew, signal)));
    return plan;
  } finally {
    await crew.close();
  }
}

/** What has been said of the plan was said when it was made. */
function leadOn(begun: BegunRun, observer: RunObserver, state: RunState): BegunRun {
  state.plan = begun.plan;
  state.warnings.push(...begun.warnings);
  observer.planned(begun.plan);
  return begun;
}

function addTable(state: RunState, { warnings, ...table }: TableResult): void {
  state.warnings.push(...warnings);
  state.tables.push(table);
}

/** They were read to the end in any order. */
function sortTables({ tables }: RunState, { exports }: Plan): void {
  const names = exports.map(({ name }) => name);
  tables.sort((a, b) => names.indexOf(a.name) - names.indexOf(b.name));
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
    // A job that was done again may have begun what it then had no row for.
    await publication.rollback();
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
