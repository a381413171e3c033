/** The watermarks of a task: what its spec says of each, what is remembered, or both. Pure. */
import type { Spec, WatermarkSpec } from '../domain/spec.ts';
import type { KeptWatermark } from '../state/watermarks.ts';

export interface KnownWatermark {
  readonly table: string;
  /** The spec's, which is what the next run reads; of a custom query, `:from`. */
  readonly column: string;
  /** Null: the spec has none there, or cannot be read. */
  readonly watermark: WatermarkSpec | null;
  /** Null: the first run has not been yet. */
  readonly kept: KeptWatermark | null;
}

/** A watermark as documents of the CLI show it. */
export interface ShownWatermark {
  readonly table: string;
  /** Of a custom query: `:from`. */
  readonly column: string;
  /** Null: the first run has not been yet; it begins at `initial`. */
  readonly value: string | null;
  /** From the spec; null: at the beginning. */
  readonly initial: string | null;
  /** ISO 8601 UTC. */
  readonly updated_at: string | null;
  /** The run that moved it; null: set by hand, or not yet there. */
  readonly run_id: string | null;
}

export function shownWatermark({ table, column, watermark, kept }: KnownWatermark): ShownWatermark {
  return {
    table,
    column: kept?.column ?? column,
    value: kept?.value ?? null,
    initial: watermark?.initial?.text ?? null,
    updated_at: kept?.updatedAt ?? null,
    run_id: kept?.runId ?? null,
  };
}

/** Those of the spec, then what is still remembered of tables that are no longer in it. */
export function knownWatermarks(spec: Spec | null, kept: readonly KeptWatermark[]): KnownWatermark[] {
  const ofSpec = spec === null ? [] : watermarksIn(spec);
  const others = kept.filter(({ table }) => !ofSpec.some((one) => one.table === table));
  return [
    ...ofSpec.map((one) => ({ ...one, kept: kept.find(({ table }) => table === one.table) ?? null })),
    ...others.map((one) => ({ table: one.table, column: one.column, watermark: null, kept: one })),
  ];
}

/** Of a custom query, the table has the task's name. */
function watermarksIn({ taskName, queryWatermark, tables }: Spec) {
  const ofTables = tables.flatMap(({ name: table, cdc }) =>
    cdc.flatMap(({ column, bound }) =>
      bound.kind === 'watermark' ? [{ table, column, watermark: bound.watermark }] : [],
    ),
  );
  if (queryWatermark === null) return ofTables;
  return [...ofTables, { table: taskName, column: ':from', watermark: queryWatermark }];
}
