/** JSON Lines of JSON columns, of rows beyond a packet, of columns of their own kind; and every format verified. */
import { s3Sink, type S3Sink } from '../../src/sinks/s3/sink.ts';
import { readManifest } from '../../src/verify/manifest.ts';
import { verifyObjects } from '../../src/verify/verify.ts';
import type { Exported } from '../support/installation.ts';
import { NEVER, testInstallation } from '../support/installation.ts';
import { grantReader } from '../support/mysql.ts';
import { typeTables, type TypeTables } from '../support/type-tables.ts';

let types: TypeTables;
let reader: S3Sink;
let hasJson: boolean;
let isMaria: boolean;
beforeAll(async () => {
  types = await typeTables();
  reader = s3Sink(types.here.sink);
  isMaria = types.server.flavor === 'mariadb';
  hasJson = isMaria || types.server.version[0] > 5;
});
afterAll(async () => {
  reader.close();
  await types.close();
});

const jsonl = (table: string | object): Promise<Exported> =>
  types.here.export({
    table: typeof table === 'string' ? { name: table } : table,
    output_file_format: 'jsonl',
  });

const rowsOf = ({ objects }: Exported): Record<string, unknown>[] =>
  objects.flatMap((object) =>
    object
      .toString()
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>),
  );

it('nests JSON columns with all their digits, one row a line', async () => {
  const type = hasJson ? 'JSON' : 'LONGTEXT';
  const documents = [
    '{"big": 12345678901234567890, "list": [1, 2.50, null], "text": "a\\\\nb \\\\"q\\\\" 😀"}',
    '{\\n  "pretty": true,\\r\\n\\t"nested": {"a": []}\\n}',
    '"a text"',
    'null',
    '[]',
  ];
  const table = await types.make({
    doc: [type, ...documents.map((text) => `'${text}'`), 'NULL'],
    t: ['TEXT', "'{}'"],
  });
  const exported = await jsonl(table);
  const said = await types.said(table, 'CAST(doc AS CHAR)');
  const rows = rowsOf(exported);
  const asIs = said.map((text) => (text === null ? null : hasJson ? (JSON.parse(text) as unknown) : text));
  expect(rows.map((row) => row['doc'])).toEqual(asIs);
  expect(rows[0]!['t']).toBe('{}');
  expect(exported.report.warnings).toEqual([]);
  // MySQL itself keeps an integer that large; it is in the object as it was.
  const digits = hasJson ? /"doc":\{.*"big": 12345678901234567890[,}]/ : /12345678901234567890/;
  expect(exported.objects[0]!.toString()).toMatch(digits);
});

it('nests them for a user who may only read', async () => {
  const table = await types.make({ doc: [hasJson ? 'JSON' : 'LONGTEXT', '\'{"a": 1}\''] });
  const { database } = types.here;
  const user = await grantReader(database);
  const reading = await testInstallation({ source: { ...user, database: database.name } });
  try {
    const exported = await reading.export({ table: { name: table }, output_file_format: 'jsonl' });
    expect(rowsOf(exported)).toEqual([{ id: 0, doc: hasJson ? { a: 1 } : '{"a": 1}' }]);
  } finally {
    await reading.close();
  }
});

it('writes what only looks like JSON to MariaDB as a string, and says so', async () => {
  const table = await types.make({ doc: [hasJson ? 'JSON' : 'LONGTEXT', "'[1]'"] });
  if (isMaria) {
    // It takes "1." for a number, and anything at all while checks are off.
    await types.sql(`INSERT INTO ${table} VALUES (1, '[1.]')`);
    await types.sql('SET SESSION check_constraint_checks = 0');
    await types.sql(`INSERT INTO ${table} VALUES (2, '{"a\\nb')`);
    await types.sql('SET SESSION check_constraint_checks = 1');
  }
  const exported = await jsonl(table);
  const docs = rowsOf(exported).map((row) => row['doc']);
  expect(docs).toEqual(isMaria ? [[1], '[1.]', '{"a\nb'] : [hasJson ? [1] : '[1]']);
  expect(exported.report.warnings).toEqual(
    isMaria ? [`${table}.doc: 2 values are not JSON; they were written as strings.`] : [],
  );
});

it('has columns that are computed or hidden as CSV has them', async () => {
  const generates = types.server.flavor === 'mariadb' || types.server.version[0] > 5;
  if (generates) {
    const hidden = isMaria ? 'INVISIBLE DEFAULT 9' : 'DEFAULT 9 INVISIBLE';
    await types.sql(
      `CREATE TABLE kinds (id INT PRIMARY KEY, v INT GENERATED ALWAYS AS (id * 2) VIRTUAL, h INT ${hidden})`,
    );
    await types.sql('INSERT INTO kinds (id) VALUES (1)');
  } else await types.sql('CREATE VIEW kinds AS SELECT 1 AS id, 2 AS v, 9 AS h');
  const named = await jsonl({ name: 'kinds', columns: ['h', 'v'], split_order: 'id' });
  expect(named.objects[0]!.toString()).toBe('{"h":9,"v":2}\n');
  const all = await jsonl({ name: 'kinds', split_order: 'id' });
  expect(rowsOf(all)).toEqual([generates ? { id: 1, v: 2 } : { id: 1, v: 2, h: 9 }]);
});

it.each(['none', 'gzip', 'zstd'])('has rows beyond 16 MB, with %s', async (compression) => {
  const table = await types.make({ t: ['LONGTEXT', "'before'", 'NULL', "'behind'"] });
  await types.sql(`UPDATE ${table} SET t = REPEAT('0123456789abc\\n"\\\\é', 1000000) WHERE id = 1`);
  const { report, objects } = await types.here.export({
    table: { name: table },
    output_file_format: 'jsonl',
    compression,
  });
  const differences = await verified(report.manifest!);
  expect(differences).toEqual([]);
  expect(report.tables[0]).toMatchObject({ rows: 3, bytes: objects[0]!.length });
  if (compression !== 'none') return;
  const [before, long, behind] = objects[0]!
    .toString()
    .split('\n')
    .map((line) => (line === '' ? null : (JSON.parse(line) as { t: string })));
  expect([before!.t, behind!.t]).toEqual(['before', 'behind']);
  expect(long!.t === '0123456789abc\n"\\é'.repeat(1_000_000)).toBe(true);
});

async function verified(manifestKey: string): Promise<unknown[]> {
  const manifest = await readManifest(reader, manifestKey, NEVER);
  return verifyObjects(manifest, reader, { progress: () => {}, different: () => {} }, NEVER);
}

describe.each(['csv', 'tsv', 'jsonl'])('%s', (format) => {
  it.each(['none', 'gzip', 'zstd'])(
    'with %s verifies, batch by batch, and not when a byte is another',
    async (compression) => {
      const values = Array.from({ length: 40 }, (_, row) => `'row ${row}\n"quoted", with a tab\\t'`);
      const table = await types.make({ t: ['TEXT', ...values] });
      await types.sql(`ANALYZE TABLE ${table}`);
      const { report, objects } = await types.here.export({
        table: { name: table },
        output_file_format: format,
        compression,
        batch_threshold_mb: 0.001,
      });
      expect(report.files.length).toBeGreaterThan(1);
      expect(report.files.reduce((sum, { rows }) => sum + rows, 0)).toBe(40);
      expect(await verified(report.manifest!)).toEqual([]);
      const broken = Buffer.from(objects[1]!);
      broken[broken.length - 9]! ^= 1;
      const { key } = report.files[1]!;
      await reader.put(key, broken, { contentType: 'text/csv', runId: report.run_id });
      expect(await verified(report.manifest!)).toMatchObject([{ key, kind: 'crc32' }]);
    },
  );
});
