/**
 * The JSON Schema of a task spec. It is the one place where the fields of a spec are written down: the type
 * `SpecDocument`, the file `specs/spec.schema.json` for editors and the tables of `docs/spec.md` come from it.
 *
 * `errorMessage` says what is allowed; editors show it, and so do the faults of `parse.ts`, which also look in
 * `suggestions` for what was meant. There is no `$ref`: the path of an error in the schema then tells which alternative
 * of an `anyOf` it belongs to.
 */
import type { FromSchema } from 'json-schema-to-ts';
import { blackoutSchema } from './blackout.ts';
import { columnTransformationsSchema } from './column-transformation-schema.ts';
import { EMAIL_PATTERN } from './email.ts';
import { expectSchema, freshnessSchema } from './expect-schema.ts';
import { compressionSchema } from './formats.ts';
import { maxLoadSchema, rateLimitSchema } from './load-schema.ts';
import { retriesSchema, timeoutSchema } from './retries.ts';
import { rowTransformSchema } from './row-transform.ts';
import { tableSchema } from './table-schema.ts';
import { queryWatermarkSchema } from './watermark-schema.ts';

const csv = {
  title: 'CSV dialect',
  description: 'How CSV is written. The default is RFC 4180 with a header line and `\\n`.',
  type: ['object', 'null'],
  properties: {
    delimiter: {
      title: 'Delimiter',
      description: 'Stands between values: one ASCII character that no number, date or base64 text contains.',
      type: ['string', 'null'],
      default: ',',
      examples: [',', ';', '\t', '|'],
    },
    quote: {
      title: 'Quote',
      description: 'Stands around values that need it; doubled inside them. One ASCII character.',
      type: ['string', 'null'],
      default: '"',
      examples: ['"', "'"],
    },
    null: {
      title: 'NULL',
      description:
        'How NULL is written, never quoted. By default nothing at all; an empty text is then `""`.',
      type: ['string', 'null'],
      maxLength: 64,
      default: '',
      examples: ['', '\\N', 'NULL'],
    },
    header: {
      title: 'Header',
      description: 'Whether the first line of each object names the columns.',
      type: ['boolean', 'null'],
      default: true,
    },
    line_ending: {
      title: 'Line ending',
      description: 'What ends each line.',
      enum: ['\n', '\r\n', null],
      default: '\n',
    },
    quote_all: {
      title: 'Quote all',
      description: 'Quotes every value but NULL, not only those that need it.',
      type: ['boolean', 'null'],
      default: false,
    },
  },
  additionalProperties: false,
  default: null,
} as const;

export const specSchema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'Tidemark task spec',
  description: 'What one task exports, when, from where and to where.',
  type: 'object',
  properties: {
    $schema: {
      title: 'Schema',
      description: 'Path of this schema, so that an editor completes and checks the spec.',
      type: ['string', 'null'],
      examples: ['./spec.schema.json'],
    },
    task_name: {
      title: 'Task name',
      description: 'Names the task in logs, mails and object keys. Unique over the folder.',
      type: 'string',
      pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$',
      examples: ['employees'],
      errorMessage:
        'Allowed: 1 to 128 letters, digits, dots, underscores and hyphens, of which the first is a letter or a digit.',
    },
    schedule: {
      title: 'Schedule',
      description:
        'Cron expression of 5 fields (minute, hour, day of month, month, day of week) or 6 (a second before them). Where both day fields are given, a day has to fit both. Without it the task runs by hand only.',
      type: ['string', 'null'],
      default: null,
      examples: ['0 3 * * *', '*/15 * * * *', '0 6 * * mon-fri'],
    },
    timezone: {
      title: 'Time zone of the schedule',
      description: 'IANA zone. Default: `timezone` of the config.',
      type: ['string', 'null'],
      default: null,
      examples: ['UTC', 'Europe/Berlin'],
    },
    table: {
      title: 'Tables',
      description:
        'One table, or a list of tables that are read in one snapshot and published together. Left out where `query.custom` is given.',
      anyOf: [tableSchema, { type: 'array', items: tableSchema }, { type: 'null' }],
      examples: [{ name: 'employees', columns: '*' }],
      errorMessage: 'Allowed: a table such as {"name": "employees"}, or a list of tables.',
    },
    query: {
      title: 'Query',
      type: ['object', 'null'],
      description: 'SQL of your own, in place of `table`.',
      properties: {
        custom: {
          title: 'Custom query',
          description:
            'One SELECT, joins welcome, exported as one file named after the task. `:from` and `:to` stand for the window of an incremental query, exclusive and inclusive. `:scheduled_for` stands for the time the run was scheduled for, in UTC, as are NOW() and TIMESTAMP columns; DATETIME columns hold what was written into them.',
          type: ['string', 'null'],
          default: null,
          examples: [
            'SELECT d.department_name, COUNT(*) AS people FROM employees e JOIN departments d USING (department_id) GROUP BY d.department_name',
          ],
        },
        watermark: queryWatermarkSchema,
      },
      additionalProperties: false,
      default: null,
    },
    column_transformation: columnTransformationsSchema,
    row_transform: rowTransformSchema,
    owner: {
      title: 'Owner',
      description: 'Who gets the mails of this task.',
      type: 'object',
      properties: {
        name: {
          title: 'Name',
          description: 'Name of a person or team.',
          type: ['string', 'null'],
          maxLength: 200,
          pattern: '^[^\\u0000-\\u001f\\u007f]*$',
          default: null,
          examples: ['A. Owner'],
          errorMessage: 'Allowed: up to 200 characters, none of them a control character.',
        },
        email: {
          title: 'E-mail address',
          description: 'One address.',
          type: 'string',
          maxLength: 254,
          pattern: EMAIL_PATTERN,
          examples: ['owner@example.com'],
          errorMessage: 'Allowed: one e-mail address such as owner@example.com.',
        },
      },
      required: ['email'],
      additionalProperties: false,
      examples: [{ name: 'A. Owner', email: 'owner@example.com' }],
    },
    source: {
      title: 'Source',
      description: 'Name of an entry in `sources` of the config: the database to read.',
      type: 'string',
      minLength: 1,
      examples: ['mysql'],
    },
    sink: {
      title: 'Sink',
      description: 'Name of an entry in `sinks` of the config: the bucket to write.',
      type: 'string',
      minLength: 1,
      examples: ['s3'],
    },
    output_file_format: {
      title: 'File format',
      description:
        'Format of the objects: CSV, the same with tabs (`tsv`), one JSON object a line (`jsonl`), or Apache Parquet.',
      enum: ['csv', 'tsv', 'jsonl', 'parquet', null],
      default: 'csv',
    },
    compression: compressionSchema,
    output_timezone: {
      title: 'Output time zone',
      description: 'IANA zone in which TIMESTAMP values are written.',
      type: ['string', 'null'],
      default: 'UTC',
      examples: ['UTC', 'Europe/Berlin'],
    },
    batch_threshold_mb: {
      title: 'Batch threshold',
      description:
        'Megabytes (1,000,000 bytes) of output. A table estimated above it is exported in batches of at most this size. Default: `batch_threshold_mb` of the config.',
      type: ['number', 'null'],
      exclusiveMinimum: 0,
      maximum: 5_000_000,
      default: null,
      examples: [256],
      errorMessage: 'Allowed: a number greater than 0 and at most 5000000.',
    },
    parallelism: {
      title: 'Parallelism',
      description:
        'How many connections read at the same time, at most. Above 1, a table that is large enough is cut into ranges of its first split column, which are read side by side. Default: `parallelism` of the config.',
      type: ['integer', 'null'],
      minimum: 1,
      maximum: 64,
      default: null,
      examples: [4],
      errorMessage: 'Allowed: an integer from 1 to 64.',
    },
    consistency: {
      title: 'Consistency',
      description:
        'How sure it has to be that all rows of the task are of one moment. Left out: as sure as the server, its settings and the grants of the account allow; log and manifest say what was proved. `snapshot`: proved, or the run fails. `locked`: the same, and writers are kept out for the moment that it takes to begin the snapshots. `per_batch`: no proof is asked for. One connection reads everything in one transaction, and needs no proof. See docs/scaling.md.',
      enum: ['snapshot', 'locked', 'per_batch', null],
      default: null,
    },
    retries: retriesSchema,
    timeout: timeoutSchema,
    max_load: {
      ...maxLoadSchema,
      description: `${maxLoadSchema.description} In place of the source's; \`{}\`: no limit. Default: \`max_load\` of the source.`,
    },
    rate_limit_mb_per_s: {
      ...rateLimitSchema,
      description: `${rateLimitSchema.description} Default: \`rate_limit_mb_per_s\` of the source.`,
    },
    blackout: {
      ...blackoutSchema,
      description: `${blackoutSchema.description} In the time zone of the schedule. In place of the source's; \`[]\`: none. Default: \`blackout\` of the source.`,
    },
    catch_up: {
      title: 'Missed runs',
      description:
        'What becomes of scheduled runs that were missed, as no daemon was there: one run that covers the gap (`latest`), one run for each (`all`), or none (`none`).',
      enum: ['latest', 'all', 'none', null],
      default: 'latest',
    },
    on_schema_change: {
      title: 'Changed columns',
      description:
        'What becomes of a run whose columns differ from those of the last run that succeeded, by name, type, nullability or order: it says so in the report, in the manifest and by a mail to the owner (`warn`), it fails before anything is read (`fail`), or nothing (`ignore`). `tidemark run --accept-schema-change` accepts a change that fails.',
      enum: ['warn', 'fail', 'ignore', null],
      default: 'warn',
    },
    freshness: freshnessSchema,
    expect: expectSchema,
    on_empty: {
      title: 'Empty result',
      description:
        'What an empty result becomes: an object with only the header (`header`), no object (`skip`), or a failed run (`fail`).',
      enum: ['header', 'skip', 'fail', null],
      default: 'header',
    },
    key_template: {
      title: 'Key template',
      description:
        'Object key behind the prefix of the sink. Placeholders: {task}, {table}, {stamp} (YYYYMMDDHHmmss), {date} (YYYY-MM-DD), {year}, {month}, {day}, {hour}, {minute}, {run_id}, {batch}, {ext}. Default: `{task}/{table}_{stamp}.{ext}`, and `_{batch}` before the dot in batches. A task with a watermark needs {stamp} or {run_id}.',
      type: ['string', 'null'],
      default: null,
      examples: ['{task}/dt={date}/{table}_{stamp}_{batch}.{ext}'],
    },
    csv,
    zero_dates: {
      title: 'Zero dates',
      description:
        'What zero and partial dates such as 0000-00-00 become: NULL and a warning (`null`), their text (`string`), or a failed run (`fail`).',
      enum: ['null', 'string', 'fail', null],
      default: 'null',
    },
    binary: {
      title: 'Binary values',
      description: 'How BINARY and BLOB values are written.',
      enum: ['base64', 'hex', null],
      default: 'base64',
    },
  },
  required: ['task_name', 'owner', 'source', 'sink'],
  additionalProperties: false,
  examples: [
    {
      task_name: 'employees',
      table: { name: 'employees' },
      owner: { email: 'owner@example.com' },
      source: 'mysql',
      sink: 's3',
    },
  ],
} as const;

/** A spec as its author writes it: the shape that the schema accepts. */
export type SpecDocument = FromSchema<typeof specSchema, { keepDefaultedPropertiesOptional: true }>;
