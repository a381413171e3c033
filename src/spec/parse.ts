/**
 * Spec text to `Spec`. All that can be wrong with a spec without asking a server is found here, at once; what comes
 * out is not checked again.
 */
import type { ValidateFunction } from 'ajv';
import type { ColumnTransformation, Spec, TableSpec } from '../domain/spec.ts';
import { FaultsError } from '../errors.ts';
import type { Fault } from '../errors.ts';
import { blackoutOf } from './blackout.ts';
import { readTransformations } from './column-transformation.ts';
import { csvDialect, csvDialectFaults } from './csv-dialect.ts';
import { expectationOf, expectFaults, freshnessFault, freshnessMsOf } from './expect-schema.ts';
import { compressionOf, formatFaults } from './formats.ts';
import { nodeAt, plainValue, readJson, textAt } from './json-document.ts';
import type { JsonDocument } from './json-document.ts';
import { keyTemplateFaults } from './key-template.ts';
import type { KeyNeeds } from './key-template.ts';
import { loadFaults } from './load-faults.ts';
import { maxLoadOf } from './load-schema.ts';
import { didYouMean } from '../nearest.ts';
import { keyLeak, readQuery } from './query.ts';
import type { Query } from './query.ts';
import { rowTransformFaults, rowTransformOf } from './row-transform.ts';
import { retriesFaults, retriesOf, timeoutFault, timeoutMsOf } from './retries.ts';
import { cronFaults, zoneFault } from './schedule.ts';
import type { SpecDocument } from './schema.ts';
import { specSchema } from './schema.ts';
import { compileSchema, fault, placesIn, schemaFaults, tidyFaults } from './schema-faults.ts';
import type { Report } from './schema-faults.ts';
import { showText } from './show.ts';
import { readTables } from './tables.ts';
import { checkTransformationNames } from './transformation-names.ts';

/** The entries of the config that a spec may name. */
export interface KnownNames {
  readonly sources: readonly string[];
  readonly sinks: readonly string[];
  /** Whether the config has a key for the mask `hmac`; left out, nobody knows. */
  readonly hmacKey?: boolean;
}

// Compiled when the first spec is read, so that commands that read none do not wait for it.
let validate: ValidateFunction | null = null;

/**
 * Parses a task spec.
 *
 * @param text the JSON text.
 * @param file where it came from, for the faults.
 * @param known names of the config's sources and sinks; left out, any name is taken.
 * @throws FaultsError SPEC_INVALID with every fault of the text.
 */
export function parseSpec(text: string, file: string, known?: KnownNames): Spec {
  const reading = readJson(text, file);
  if (reading.document === null) throw new FaultsError('SPEC_INVALID', tidyFaults(reading.faults));
  const { document } = reading;
  const places = placesIn(document);
  const faults: Fault[] = [];
  const report: Report = (path, message, part = 'value') => {
    faults.push(fault(places, path, part, message));
  };

  const value = plainValue(document.root) as Record<string, unknown>;
  if (isNothing(value['table']) && textAt(document.root, 'query', 'custom') !== null) value['table'] = null;
  validate ??= compileSchema(specSchema);
  if (!validate(value)) faults.push(...schemaFaults(validate.errors ?? [], places, value));

  const tables = readTables(nodeAt(document.root, ['table']), document.text, report);
  const query = readQuery(document, report);
  checkTableOrQuery(value['table'], tables, query, report);
  const transformations = readAllTransformations(document, tables, query, known, report);
  checkFields(document, keyNeeds(tables, query), report);
  for (const { path, message } of loadFaults(value)) report(path, message);
  for (const { key, message } of retriesFaults(value['retries'])) report(['retries', key], message);
  for (const { key, message } of expectFaults(value['expect'])) report(['expect', key], message);
  // Its folder of logs would be where the log of the whole installation is.
  if (value['task_name'] === 'tidemark.log')
    report(['task_name'], 'found "tidemark.log", the name of the main log. Choose another.');
  if (known !== undefined) {
    checkName('source', document, known.sources, report);
    checkName('sink', document, known.sinks, report);
  }
  // What has the wrong type is reported already, and compared with nothing.
  if (!faults.some(({ path }) => /^(csv|compression|output_file_format)/.test(path)))
    checkFormat(value as SpecDocument, report);
  if (!faults.some(({ path }) => path.startsWith('row_transform')))
    checkRowTransform(value as SpecDocument, tables, query, report);
  if (faults.length > 0) throw new FaultsError('SPEC_INVALID', tidyFaults(faults));
  return toSpec(value as SpecDocument, tables, query, transformations, file);
}

/** Format, compression and CSV dialect, each of the right type: whether they go together. */
function checkFormat({ csv, compression, output_file_format }: SpecDocument, report: Report): void {
  const format = output_file_format ?? specSchema.properties.output_file_format.default;
  for (const { setting, message } of csvDialectFaults(csvDialect(csv, format)))
    report(['csv', setting], message);
  for (const { path, message } of formatFaults(format, compressionOf(compression, format), csv ?? null))
    report(path, message);
}

function checkRowTransform(
  { row_transform: transform, task_name: task }: SpecDocument,
  tables: readonly TableSpec[],
  { custom }: Query,
  report: Report,
): void {
  const exported = custom === null ? tables.map(({ name }) => name) : [task];
  for (const { path, message } of rowTransformFaults(transform, exported))
    report(['row_transform', ...path], message);
}

function readAllTransformations(
  document: JsonDocument,
  tables: readonly TableSpec[],
  { custom }: Query,
  known: KnownNames | undefined,
  report: Report,
): ColumnTransformation[] {
  const named = custom === null ? tables : [];
  const field = nodeAt(document.root, ['column_transformation']);
  const placed = readTransformations(
    field,
    document.text,
    { tables: named, hmacKey: known?.hmacKey },
    report,
  );
  checkTransformationNames(placed, named, report);
  const transformations = placed.map(({ transformation }) => transformation);
  const leak = custom === null ? null : keyLeak(custom, transformations);
  if (leak !== null) report(['query', 'custom'], leak);
  return transformations;
}

function toSpec(
  document: SpecDocument,
  tables: readonly TableSpec[],
  query: Query,
  transformations: readonly ColumnTransformation[],
  file: string,
): Spec {
  const defaults = specSchema.properties;
  const format = document.output_file_format ?? defaults.output_file_format.default;
  const spec: Spec = {
    file,
    taskName: document.task_name,
    schedule: document.schedule ?? null,
    timezone: document.timezone ?? null,
    tables: isNothing(document.table) ? [] : tables,
    customQuery: query.custom,
    queryWatermark: query.watermark,
    rowTransform: rowTransformOf(document.row_transform),
    transformations,
    owner: { name: document.owner.name ?? null, email: document.owner.email },
    source: document.source,
    sink: document.sink,
    output: {
      format,
      compression: compressionOf(document.compression, format),
      csv: csvDialect(document.csv, format),
      zeroDates: document.zero_dates ?? defaults.zero_dates.default,
      binary: document.binary ?? defaults.binary.default,
      outputTimezone: document.output_timezone ?? defaults.output_timezone.default,
    },
    onEmpty: document.on_empty ?? defaults.on_empty.default,
    keyTemplate: document.key_template ?? null,
    batchThresholdMb: document.batch_threshold_mb ?? null,
    parallelism: document.parallelism ?? null,
    consistency: document.consistency ?? 'best',
    retries: retriesOf(document.retries),
    timeoutMs: timeoutMsOf(document.timeout),
    maxLoad: maxLoadOf(document.max_load),
    rateLimitMbPerS: document.rate_limit_mb_per_s ?? null,
    blackout: blackoutOf(document.blackout),
    catchUp: document.catch_up ?? defaults.catch_up.default,
    onSchemaChange: document.on_schema_change ?? defaults.on_schema_change.default,
    expect: expectationOf(document.expect),
    freshnessMs: freshnessMsOf(document.freshness),
  };
  // Strings cut from the text keep all of it in memory; copies do not. A daemon holds thousands of specs.
  return JSON.parse(JSON.stringify(spec)) as Spec;
}

/** Exactly one of `table` and `query.custom` says what is exported. */
function checkTableOrQuery(
  table: unknown,
  tables: readonly TableSpec[],
  { custom }: Query,
  report: Report,
): void {
  if (custom !== null) {
    if (tables.length > 0 && !isNothing(table)) {
      report(
        ['table'],
        'found a table beside query.custom, which is exported in its place. Remove one of the two.',
        'key',
      );
    }
  } else if (table === undefined || table === null) {
    const example = 'Allowed: "table": {"name": "employees"}, or a SELECT in query.custom.';
    report(['table'], `is missing, and so is query.custom; there is nothing to export. ${example}`);
  } else if (Array.isArray(table) && table.length === 0) {
    report(['table'], 'found an empty list. Allowed: at least one table, or a SELECT in query.custom.');
  }
}

/** What the schema cannot say about single fields. */
function checkFields(document: JsonDocument, needs: KeyNeeds, report: Report): void {
  const check = (key: string, faultsOf: (text: string) => readonly string[]): void => {
    const text = textAt(document.root, key);
    if (text !== null) for (const message of faultsOf(text)) report([key], message);
  };
  const one = (faultOf: (text: string) => string | null) => (text: string) =>
    [faultOf(text)].filter((message) => message !== null);
  check('schedule', cronFaults);
  check('timezone', one(zoneFault));
  check('output_timezone', one(zoneFault));
  check('timeout', one(timeoutFault));
  check('freshness', one(freshnessFault));
  check('key_template', (template) => keyTemplateFaults(template, needs));
}

function keyNeeds(tables: readonly TableSpec[], query: Query): KeyNeeds {
  const marked = tables.some(({ cdc }) => cdc.some(({ bound }) => bound.kind === 'watermark'));
  return { tables: Math.max(tables.length, 1), incremental: marked || query.watermark !== null };
}

function checkName(
  field: 'source' | 'sink',
  document: JsonDocument,
  known: readonly string[],
  report: Report,
): void {
  const name = textAt(document.root, field);
  if (name === null || name === '' || known.includes(name)) return;
  const allowed = known.length === 0 ? `the config has no ${field}s` : known.join(', ');
  report(
    [field],
    `found ${showText(name)}, which the config does not have.${didYouMean(name, known)} Allowed: ${allowed}.`,
  );
}

/** No table at all, as it may stand beside a custom query. */
function isNothing(table: unknown): boolean {
  return (
    table === undefined || table === null || (typeof table === 'object' && Object.keys(table).length === 0)
  );
}
