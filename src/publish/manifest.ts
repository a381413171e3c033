/**
 * The manifest: the last object of a run, and the proof that it is whole. `entries` is what Redshift's
 * `COPY … MANIFEST` reads; beside them stands what the run was.
 *
 * https://docs.aws.amazon.com/redshift/latest/dg/loading-data-files-using-manifest.html
 */
import type { Plan } from '../domain/plan.ts';
import type { PreparedObject } from '../domain/run.ts';
import { describeColumns } from '../describe/describe.ts';
import { isDelimited } from '../plan/formats.ts';
import { changesOf } from '../plan/schema-change.ts';
import type { ManifestObject } from '../ports.ts';

export interface RunTimes {
  readonly startedAt: Date;
  /** When everything had been uploaded: the manifest cannot know when it will itself be written. */
  readonly preparedAt: Date;
}

/**
 * @param url the sink's name for a key.
 * @param rowsRead of the tables whose rows go through a module, how many it was given.
 */
export function manifestOf(
  plan: Plan,
  objects: readonly PreparedObject[],
  times: RunTimes,
  warnings: readonly string[],
  url: (key: string) => string,
  rowsRead: ReadonlyMap<string, number> = new Map(),
): ManifestObject {
  const rowsOf = (table: string): number =>
    objects.filter((object) => object.table === table).reduce((sum, object) => sum + object.rows, 0);
  const body = {
    entries: objects.map((object) => ({
      url: url(object.key),
      mandatory: true,
      meta: { content_length: object.bytes, record_count: object.rows },
      key: object.key,
      table: object.table,
      batch: object.batch,
      crc32: object.crc32,
      ...(object.keyRange === undefined ? {} : { key_range: object.keyRange }),
    })),
    task: plan.task,
    run_id: plan.runId,
    scheduled_for: plan.scheduledFor,
    started_at: times.startedAt.toISOString(),
    prepared_at: times.preparedAt.toISOString(),
    source: { name: plan.source, ...plan.server },
    consistency: plan.consistency,
    consistency_basis: plan.consistencyBasis,
    source_position: plan.sourcePosition,
    format: plan.output.format,
    compression: plan.output.compression.codec,
    csv: isDelimited(plan.output)
      ? {
          delimiter: plan.output.csv.delimiter,
          quote: plan.output.csv.quote,
          null: plan.output.csv.null,
          header: plan.output.csv.header,
          line_ending: plan.output.csv.lineEnding,
          quote_all: plan.output.csv.quoteAll,
        }
      : null,
    output_timezone: plan.output.outputTimezone,
    zero_dates: plan.output.zeroDates,
    binary: plan.output.binary,
    windows: plan.windows,
    schema_changes: changesOf(plan.schemaChanges, objects),
    tables: plan.exports.map((table) => ({
      name: table.name,
      sql: table.sql,
      rows: rowsOf(table.name),
      ...(table.rowTransform === undefined
        ? {}
        : { rows_read: rowsRead.get(table.name) ?? null, row_transform: table.rowTransform.module }),
      columns: table.columns.map(({ name, mysqlType, nullable }) => ({ name, type: mysqlType, nullable })),
      describe: describeColumns(table.columns, plan.output),
    })),
    rows: objects.reduce((sum, object) => sum + object.rows, 0),
    bytes: objects.reduce((sum, object) => sum + object.bytes, 0),
    warnings,
  };
  return { key: plan.manifestKey, body: `${JSON.stringify(body, null, 2)}\n` };
}
