/** What has become of a run, as `tidemark run --json` prints it: of a failed one, as much as there was. */
import type { Plan } from './domain/plan.ts';
import type { PreparedObject, RunIdentity, RunRecord, RunReport, UnexpectedSize } from './domain/run.ts';
import type { ErrorCode } from './error-codes.ts';
import type { TidemarkError } from './errors.ts';
import { changesOf, schemasOf } from './plan/schema-change.ts';
import { movedBy } from './plan/watermark.ts';

/** One attempt at a run. */
export interface RunAttempt extends RunIdentity {
  /** When the run began, with its first attempt. */
  readonly startedAt: Date;
  /** From 1. */
  readonly number: number;
}

/** A run as far as it has come. */
export interface RunState {
  readonly task: string;
  readonly attempt: RunAttempt;
  plan: Plan | null;
  /** Tables that have been read to the end. */
  readonly tables: TableResult[];
  readonly warnings: string[];
  readonly unexpectedSizes: UnexpectedSize[];
}

interface TableResult {
  readonly name: string;
  readonly objects: readonly PreparedObject[];
  readonly rows: number;
  /** Rows that the source sent, where a module maps them. */
  readonly rowsRead?: number;
  readonly bytes: number;
}

/** How a run ended. */
export interface RunEnd {
  readonly report: RunReport;
  /** What the report's error was made of, with the SQL and the cause; null where the run succeeded. */
  readonly error: TidemarkError | null;
}

/** How a run ended, and what a mail about it needs besides. */
export interface RunOutcome extends RunEnd {
  /** The last lines of the run's log, oldest first. */
  readonly logTail: readonly string[];
}

export function beginRun(task: string, attempt: RunAttempt): RunState {
  return { task, attempt, plan: null, tables: [], warnings: [], unexpectedSizes: [] };
}

/** @param manifest its key; null where every table was empty and `on_empty` is "skip". */
export function succeededReport(state: RunState, manifest: string | null): RunReport {
  const files = state.tables
    .flatMap((table) => table.objects)
    .map(({ key, table, batch, rows, bytes }) => ({ key, table, batch, rows, bytes }));
  const schema_changes = changesOf(state.plan?.schemaChanges ?? [], files);
  return { ...common(state), schema_changes, status: 'succeeded', files, manifest, error: null };
}

/** Nothing of a failed run was published, so it has no files. */
export function failedReport(state: RunState, { code, message, hint, retryable }: TidemarkError): RunReport {
  return {
    ...common(state),
    status: 'failed',
    files: [],
    manifest: null,
    error: { code, message, hint, retryable },
  };
}

/** Reasons not to run that are no failures. */
const SKIPS: ReadonlySet<string> = new Set<ErrorCode>(['ALREADY_RUNNING', 'ALREADY_DONE', 'BLACKOUT']);

/** The end of a run that could not begin: skipped or failed, as the error says. */
export function notBegun(state: RunState, error: TidemarkError): RunOutcome {
  const failed = failedReport(state, error);
  const report = SKIPS.has(error.code) ? ({ ...failed, status: 'skipped' } as const) : failed;
  return { report, error, logTail: [] };
}

function common(state: RunState): Omit<RunReport, 'status' | 'files' | 'manifest' | 'error'> {
  const { plan, attempt } = state;
  const { startedAt } = attempt;
  const finishedAt = new Date();
  const done = new Map(state.tables.map((table) => [table.name, table]));
  return {
    task: state.task,
    run_id: attempt.runId,
    kind: attempt.kind,
    scheduled_for: attempt.scheduledFor.toISOString(),
    started_at: startedAt.toISOString(),
    finished_at: finishedAt.toISOString(),
    duration_ms: finishedAt.getTime() - startedAt.getTime(),
    attempts: attempt.number,
    tables: (plan?.exports ?? []).map(({ name, sql }) => {
      const table = done.get(name);
      return {
        name,
        rows: table?.rows ?? 0,
        bytes: table?.bytes ?? 0,
        files: table?.objects.length ?? 0,
        sql: [sql],
      };
    }),
    windows: plan?.windows ?? [],
    schema_changes: plan?.schemaChanges ?? [],
    unexpected_sizes: state.unexpectedSizes,
    warnings: state.warnings,
  };
}

/**
 * The report without secrets in its free text. A code, a key or a time in which a short secret happens to occur has to
 * stay what it is.
 */
export function redactReport(report: RunReport, redact: (text: string) => string): RunReport {
  const { error } = report;
  return {
    ...report,
    tables: report.tables.map((table) => ({ ...table, sql: table.sql.map(redact) })),
    windows: report.windows.map((window) => ({
      ...window,
      from: window.from === null ? null : redact(window.from),
      to: window.to === null ? null : redact(window.to),
    })),
    schema_changes: report.schema_changes.map((change) => ({ ...change, message: redact(change.message) })),
    unexpected_sizes: report.unexpected_sizes.map((size) => ({ ...size, message: redact(size.message) })),
    warnings: report.warnings.map(redact),
    error: error === null ? null : { ...error, message: redact(error.message), hint: redact(error.hint) },
  };
}

/** What the state is to keep of a run that ended like this. */
export function recordOf(state: RunState, report: RunReport, sink: string): RunRecord {
  const { stamp, backfill } = state.attempt;
  const watermarks = report.status === 'succeeded' ? movedBy(report.windows) : [];
  return {
    report,
    stamp,
    sink,
    watermarks,
    schemas:
      report.status === 'succeeded' && backfill === null
        ? schemasOf(state.plan?.exports ?? [], report.files)
        : [],
    backfill: backfill === null ? null : { id: backfill.id, to: backfill.to },
  };
}
