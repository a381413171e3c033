/** What `tidemark run --json` promises, field by field, and how the tests read it. */
import { Ajv } from 'ajv';
import type { RunReport } from '../../src/domain/run.ts';
import type { CliResult } from '../support/cli.ts';

const object = (properties: Record<string, unknown>): object => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
});
const text = { type: 'string', minLength: 1 };
const count = { type: 'integer', minimum: 0 };
const time = { type: 'string', pattern: String.raw`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$` };
const list = (items: object): object => ({ type: 'array', items });

const validate = new Ajv({ allErrors: true }).compile(
  object({
    task: text,
    run_id: text,
    kind: { enum: ['scheduled', 'catch_up', 'manual', 'backfill'] },
    status: { enum: ['succeeded', 'failed', 'skipped'] },
    scheduled_for: time,
    started_at: time,
    finished_at: time,
    duration_ms: count,
    attempts: { type: 'integer', minimum: 1 },
    tables: list(object({ name: text, rows: count, bytes: count, files: count, sql: list(text) })),
    files: list(
      object({
        key: text,
        table: text,
        batch: { anyOf: [count, { type: 'null' }] },
        rows: count,
        bytes: count,
      }),
    ),
    manifest: { anyOf: [text, { type: 'null' }] },
    windows: list(
      object({
        table: text,
        column: text,
        mode: { enum: ['literal', 'span', 'watermark', 'backfill'] },
        from: { anyOf: [text, { type: 'null' }] },
        to: { anyOf: [text, { type: 'null' }] },
        nulls: { type: 'boolean' },
      }),
    ),
    schema_changes: list(
      object({
        table: text,
        column: { anyOf: [text, { type: 'null' }] },
        change: { enum: ['added', 'removed', 'type', 'nullability', 'order'] },
        before: { anyOf: [text, { type: 'null' }] },
        after: { anyOf: [text, { type: 'null' }] },
        message: text,
      }),
    ),
    unexpected_sizes: list(
      object({
        expectation: { enum: ['min_rows', 'max_change'] },
        rows: count,
        usual_rows: { anyOf: [{ type: 'number', minimum: 0 }, { type: 'null' }] },
        allowed: text,
        message: text,
      }),
    ),
    warnings: list(text),
    error: {
      anyOf: [
        object({ code: text, message: text, hint: text, retryable: { type: 'boolean' } }),
        { type: 'null' },
      ],
    },
  }),
);

/** The one document on stdout, held against what is promised. */
export function reportOf(result: CliResult): RunReport {
  const report = JSON.parse(result.stdout) as RunReport;
  if (!validate(report)) {
    throw new Error(`not a run report: ${JSON.stringify(validate.errors)}\n${result.stdout}`);
  }
  return report;
}

/** `2026-01-02T03:04:05.000Z` as it stands in keys: `20260102030405`. */
export function stampOf(instant: string): string {
  return instant.replace(/\D/g, '').slice(0, 14);
}
