/** What a spec asks of consistency, what its run then does, and what the manifest says of it. */
import { mysqlSource } from '../../src/sources/mysql/snapshot.ts';
import { grantReader, serverVersion, sourceOptionsOf } from '../support/mysql.ts';
import { NEVER, readExport, testInstallation, type TestInstallation } from '../support/installation.ts';
import { createPairs, startPairWriters } from '../support/pair-writers.ts';

const BOTH = { table: [{ name: 'debit' }, { name: 'credit' }] };
const ONE = 'One connection read everything in one transaction.';

let here: TestInstallation;
let flavor: 'mysql' | 'mariadb';
beforeAll(async () => {
  here = await testInstallation({ threads: true });
  await createPairs(here.database);
  await here.database.connection.query('CREATE TABLE log (id INT PRIMARY KEY) ENGINE=MyISAM');
  ({ flavor } = await serverVersion(here.database));
});
afterAll(() => here.close());

const sumOf = (rows: readonly (readonly (string | null)[])[]): number =>
  rows.reduce((sum, row) => sum + Number(row[1]), 0);

it('tells of one connection that it needs no proof, and where it stood in the log of a MariaDB', async () => {
  const { manifest } = await here.export(BOTH);
  expect(manifest).toMatchObject({
    consistency: 'snapshot',
    consistency_basis: ONE,
    source_position: flavor === 'mariadb' ? expect.stringMatching(/^[^:]+\.\d+:\d+$/) : null,
  });
});

it.each([1, 2])('keeps writers out where that is asked for, with %i connections', async (parallelism) => {
  const writers = await startPairWriters(here.database, 2);
  try {
    const { manifest, csv } = await here.export({ ...BOTH, consistency: 'locked', parallelism });
    expect(manifest).toMatchObject({
      consistency: 'locked',
      consistency_basis: expect.stringMatching(
        /^Writers of debit, credit were kept out by LOCK TABLES … READ, for \d+ ms, while (the snapshot was|2 snapshots were) begun\.$/,
      ),
    });
    expect(sumOf(csv('debit').rows)).toBe(sumOf(csv('credit').rows));
  } finally {
    await writers.stop();
  }
});

it('reads tables side by side as of one moment', async () => {
  const writers = await startPairWriters(here.database, 1, 100);
  try {
    const { report, error } = await here.runSpec(
      here.spec({ ...BOTH, consistency: 'snapshot', parallelism: 2 }),
    );
    // A MySQL without a log says nothing, nor does one without GTIDs before 5.7.6.
    if (error?.code === 'CONSISTENCY_UNPROVEN')
      return expect([flavor, error.message]).toEqual([
        'mysql',
        expect.stringMatching(/does not say whether commits are under way|writes no binary log/),
      ]);
    expect(error).toBeNull();
    const { manifest, csv } = await readExport(here.s3, here.bucket, report);
    expect(manifest).toMatchObject({ consistency: 'snapshot', source_position: expect.any(String) });
    expect(manifest['consistency_basis']).toMatch(
      /^(2 snapshots show the same \d+ commits|Nothing was committed while 2)/,
    );
    expect(sumOf(csv('debit').rows)).toBe(sumOf(csv('credit').rows));
  } finally {
    await writers.stop();
  }
});

it('proves nothing where nobody asks', async () => {
  const { manifest } = await here.export({ ...BOTH, consistency: 'per_batch', parallelism: 2 });
  expect(manifest).toMatchObject({
    consistency: 'per_batch',
    consistency_basis: 'Each of 2 connections reads as of a moment of its own: the task asks for no more.',
    source_position: null,
  });
});

it('names the table that keeps no snapshots, or fails by it', async () => {
  const tables = { table: [{ name: 'debit' }, { name: 'log' }] };
  const { manifest } = await here.export(tables);
  expect(manifest).toMatchObject({
    consistency: 'per_batch',
    consistency_basis:
      'log keeps no snapshots, as InnoDB does: what was read of it is as it was at that moment.',
    source_position: null,
  });
  for (const consistency of ['snapshot', 'locked']) {
    const { report } = await here.runSpec(here.spec({ ...tables, consistency }));
    expect(report).toMatchObject({
      status: 'failed',
      error: { code: 'CONSISTENCY_UNPROVEN', retryable: false },
    });
    expect(report.error!.hint).toContain('ALTER TABLE `log` ENGINE=InnoDB;');
  }
});

it('looks for tables without snapshots beneath views and queries', async () => {
  const admin = async (sql: string): Promise<unknown> => here.database.connection.query(sql);
  await admin('CREATE VIEW kept AS SELECT * FROM debit');
  await admin('CREATE VIEW unkept AS SELECT COUNT(*) AS n FROM kept JOIN log ON log.id = kept.id');
  await admin('CREATE VIEW above AS SELECT * FROM unkept');
  const level = async (fields: Readonly<Record<string, unknown>>): Promise<unknown[]> => {
    const { error, report } = await here.runSpec(here.spec(fields));
    expect(error).toBeNull();
    const { consistency, consistency_basis: basis } = (await readExport(here.s3, here.bucket, report))
      .manifest;
    return [consistency, basis];
  };
  const BASIS = 'log keeps no snapshots, as InnoDB does: what was read of it is as it was at that moment.';
  expect(await level({ table: { name: 'kept' } })).toEqual(['snapshot', ONE]);
  expect(await level({ table: { name: 'above' } })).toEqual(['per_batch', BASIS]);
  const query = (custom: string) => ({ task_name: 'asked', query: { custom } });
  expect(await level(query('SELECT c.id FROM (SELECT id FROM kept) c'))).toEqual(['snapshot', ONE]);
  expect(await level(query('SELECT d.id FROM debit d LEFT JOIN `log` l ON l.id = d.id'))).toEqual([
    'per_batch',
    BASIS,
  ]);
  const { error } = await here.runSpec(here.spec({ table: { name: 'above' }, consistency: 'snapshot' }));
  expect(error).toMatchObject({
    code: 'CONSISTENCY_UNPROVEN',
    hint: expect.stringContaining('ALTER TABLE `log` ENGINE=InnoDB;'),
  });
});

it('sees beneath a view with SHOW VIEW alone, and claims nothing without', async () => {
  const { connection, name } = here.database;
  await connection.query('CREATE VIEW shown AS SELECT * FROM debit');
  const reader = await grantReader(here.database, ['shown']);
  const unkept = async (): Promise<readonly string[] | null> => {
    const source = mysqlSource(sourceOptionsOf({ ...here.database, ...reader }));
    const snapshot = await source.open(NEVER);
    try {
      return await snapshot.unkept('SELECT * FROM shown');
    } finally {
      await snapshot.close();
    }
  };
  expect(await unkept()).toBeNull();
  await connection.query(`GRANT SHOW VIEW ON ${name}.* TO '${reader.user}'@'%'`);
  expect(await unkept()).toEqual([]);
});

it.each([
  'MODIFY changed INT NULL',
  'MODIFY word VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin',
  'MODIFY word VARBINARY(20)',
])('notices an ALTER TABLE that went between the plan and the snapshots: %s', async (change) => {
  const { connection } = here.database;
  await connection.query(
    'CREATE TABLE altered (changed INT NOT NULL PRIMARY KEY, word VARCHAR(20) CHARACTER SET utf8mb4)',
  );
  const crews = here.installation.crews!;
  const altering = (statement: string): { crews: typeof crews } => ({
    crews: {
      ...crews,
      async assemble(request, signal) {
        await connection.query(statement);
        return crews.assemble(request, signal);
      },
    },
  });
  try {
    const spec = here.spec({ table: [{ name: 'debit' }, { name: 'altered' }], parallelism: 2 });
    const other = await here.runSpec(
      spec,
      undefined,
      altering('CREATE OR REPLACE VIEW other AS SELECT 1 AS n'),
    );
    expect(other.error).toBeNull();
    const { error } = await here.runSpec(
      spec,
      undefined,
      altering(`ALTER TABLE altered DROP PRIMARY KEY, ${change}`),
    );
    expect(error).toMatchObject({ code: 'TABLE_CHANGED', retryable: true });
  } finally {
    await connection.query('DROP TABLE altered');
  }
});
