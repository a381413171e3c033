import { schemaChangeMessage } from '../../../src/notify/schema-change-message.ts';
import type { SchemaChange } from '../../../src/domain/plan.ts';
import { instance, spec, success } from './sample.ts';

const change = (column: string): SchemaChange => ({
  table: 'employees',
  column,
  change: 'type',
  before: 'decimal(8,2)',
  after: 'decimal(10,2)',
  message: `employees: column ${column} changed from decimal(8,2) to decimal(10,2).`,
});
const message = schemaChangeMessage({
  owner: spec.owner,
  zone: 'Europe/Berlin',
  report: { ...success, schema_changes: [change('salary')] },
  instance,
});

it('goes to the owner, and needs no code in its subject', () => {
  expect(message.to).toEqual({ name: 'A. Owner', address: 'owner@example.com' });
  expect(message.subject).toBe('[tidemark] employees: columns changed');
  expect(message.headers).toMatchObject({ 'X-Tidemark-Task': 'employees', 'X-Tidemark-Run': 'run-2' });
});

it.each([
  ['what changed', 'employees: column salary changed from decimal(8,2) to decimal(10,2).'],
  ['that the run succeeded', 'The run succeeded'],
  ['what to do with readers', 'tidemark plan --ddl athena|redshift|bigquery|snowflake|duckdb'],
  [
    'how to stop at a change, or hear of none',
    '"on_schema_change": "fail" in the spec; to hear of none, "ignore"',
  ],
  ['for which time', '2026-07-01 00:00:00 UTC, 2026-07-01 02:00:00 Europe/Berlin (UTC+02:00)'],
  ['where the manifest is', 'employees/_manifest_20260701000000.json'],
])('says %s, in both forms', (_what, said) => {
  const html = message.html.replaceAll(/<[^>]*>/g, ' ').replaceAll('&quot;', '"');
  for (const form of [message.text, html]) expect(form.replaceAll(/\s+/g, ' ')).toContain(said);
});

it('stays small however much has changed', () => {
  const schema_changes = Array.from({ length: 5000 }, (_, index) => change(`c${index}_${'x'.repeat(60)}`));
  const { text } = schemaChangeMessage({
    owner: spec.owner,
    zone: 'UTC',
    report: { ...success, schema_changes },
    instance,
  });
  expect(text.length).toBeLessThan(95_000);
  expect(text).toMatch(/… and 4,9\d\d more/);
});
