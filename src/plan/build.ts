/**
 * Drafts and estimates become the plan: which exports roll over into batches, and every object key.
 */
import type { DeclaredColumns, Spec } from '../domain/spec.ts';
import type { Estimate, ExportPlan, Plan, ServerIdentity, Window } from '../domain/plan.ts';
import type { RunIdentity } from '../domain/run.ts';
import { plannedConsistency } from './consistency.ts';
import type { Draft } from './draft.ts';
import { extensionOf, isDelimited } from './formats.ts';
import { keyPattern, manifestKey } from './keys.ts';
import { mappedColumns } from './row-transform.ts';

/** 10^6 bytes, so that a limit in MB holds by either definition. */
const MEGABYTE = 1_000_000;

/** What the config says where the spec is silent. */
export interface PlanSettings {
  readonly batchThresholdMb: number;
  /** Connections that may read at the same time: the spec's, else the config's; left out: 1. */
  readonly parallelism?: number;
  /** The sink's key prefix. */
  readonly prefix: string;
  /** What the module of the spec's `row_transform` declares; left out, or null: nothing. */
  readonly declared?: DeclaredColumns | null;
}

export interface SizedDraft {
  readonly draft: Draft;
  readonly estimate: Estimate;
  /** How it is cut, or why not, where several connections may read. */
  readonly ranges?: Pick<ExportPlan, 'ranges' | 'rangeKey' | 'sequential'>;
  /** What EXPLAIN says of how the server will go about it. */
  readonly warnings: readonly string[];
}

/** Bytes of output that an object may have where a table is exported in batches. */
export function thresholdOf(spec: Spec, { batchThresholdMb }: PlanSettings): number {
  return Math.floor((spec.batchThresholdMb ?? batchThresholdMb) * MEGABYTE);
}

/**
 * @param blind why open transactions could not be seen, where a watermark would depend on it.
 * @throws TidemarkError CONSISTENCY_UNPROVEN where a table keeps no snapshots, and the spec asks for one.
 */
export function buildPlan(
  spec: Spec,
  run: RunIdentity,
  settings: PlanSettings,
  server: ServerIdentity,
  drafts: readonly SizedDraft[],
  blind: string | null,
): Plan {
  const thresholdBytes = thresholdOf(spec, settings);
  const { scheduledFor, runId, stamp } = run;
  const windows = drafts.flatMap(({ draft }) => draft.windows);
  const exports = drafts.map(({ draft, estimate, ranges = {} }): ExportPlan => {
    // A custom query is one file, whatever its size.
    const batched =
      ranges.ranges !== undefined || (spec.customQuery === null && (estimate.bytes ?? 0) > thresholdBytes);
    return {
      name: draft.name,
      sql: draft.sql,
      countSql: draft.countSql,
      ...mappedColumns(spec.rowTransform, draft.name, draft.columns, draft.key, settings.declared ?? null),
      mapping: draft.mapping,
      estimate,
      batched,
      thresholdBytes,
      keyPattern: keyPattern({
        prefix: settings.prefix,
        template: spec.keyTemplate,
        task: spec.taskName,
        table: draft.name,
        scheduledFor,
        stamp,
        runId,
        extension: extensionOf(spec.output),
        batched,
      }),
      ...ranges,
    };
  });
  return {
    task: spec.taskName,
    runId,
    scheduledFor: scheduledFor.toISOString(),
    stamp,
    source: spec.source,
    sink: spec.sink,
    server,
    ...plannedConsistency(
      spec.consistency,
      drafts.map(({ draft }) => draft),
    ),
    output: spec.output,
    onEmpty: spec.onEmpty,
    exports,
    manifestKey: manifestKey(settings.prefix, spec.taskName, stamp),
    windows,
    schemaChanges: [],
    warnings: [...drafts.flatMap(({ draft }) => draft.warnings), ...csvWarnings(spec, exports)],
    cautions: [...drafts.flatMap(({ warnings }) => warnings), ...cautionsOf(windows, blind)],
  };
}

function cautionsOf(windows: readonly Window[], blind: string | null): string[] {
  const watermarks = windows.filter(({ mode }) => mode === 'watermark');
  if (watermarks.length === 0) return [];
  const integers = watermarks.filter(isInteger);
  const cautions = integers.map(integerCaution);
  return blind === null || integers.length === watermarks.length ? cautions : [...cautions, blind];
}

/** Whether a window is bounded by numbers. */
export function isInteger({ from, to }: Pick<Window, 'from' | 'to'>): boolean {
  return /^-?\d+$/.test(to ?? from ?? '');
}

/** What cannot be promised of a watermark that is a number. */
export function integerCaution({ table, column }: Pick<Window, 'table' | 'column'>): string {
  return `${table}.${column} is an integer: a row that takes its number early and is committed late is missed. Only a time column, such as updated_at, can promise that none is.`;
}

function csvWarnings(spec: Spec, exports: readonly ExportPlan[]): string[] {
  if (!isDelimited(spec.output) || spec.output.csv.null !== '') return [];
  return exports
    .filter(({ columns }) => columns.length === 1 && columns[0]!.nullable)
    .map(
      ({ name }) => `${name} has one column: a NULL is an empty line, which some readers skip. Set csv.null.`,
    );
}
