/** One snapshot for all tables of a task: what others commit meanwhile is not in it, and what they alter ends the run. */
import type { Snapshot, Source } from '../../src/ports.ts';
import type { RunEnd } from '../../src/report.ts';
import { mysqlSource } from '../../src/sources/mysql/snapshot.ts';
import { serverVersion } from '../support/mysql.ts';
import { NEVER, readExport, testInstallation, type TestInstallation } from '../support/installation.ts';
import { byHand } from '../support/runs.ts';

let here: TestInstallation;
beforeAll(async () => {
  here = await testInstallation();
  await sql(
    'CREATE TABLE first (id INT PRIMARY KEY, v INT); CREATE TABLE second (id INT PRIMARY KEY, v INT)',
  );
});
beforeEach(async () => {
  await sql(
    'DELETE FROM first; DELETE FROM second; INSERT INTO first VALUES (1, 10); INSERT INTO second VALUES (1, 10)',
  );
});
afterAll(() => here.close());

const sql = (text: string) => here.database.connection.query(text);

/** The source, with something that happens at a moment of the run. */
function interruptedSource(when: {
  readonly opened?: () => Promise<unknown>;
  /** After the first result has been read. */
  readonly read?: () => Promise<unknown>;
}): Source {
  const source = mysqlSource(here.source);
  return {
    ...source,
    async open(signal) {
      const snapshot = await source.open(signal);
      await when.opened?.();
      let { read } = when;
      const rows: Snapshot['rows'] = (...args) => {
        const stream = snapshot.rows(...args);
        const then = read;
        read = undefined;
        return { ...stream, done: stream.done.then(async () => void (await then?.())) };
      };
      return { ...snapshot, rows };
    },
  };
}

const run = async (source: Source, fields: Readonly<Record<string, unknown>>): Promise<RunEnd> => {
  const spec = here.spec(fields);
  return here.runSpec(spec, byHand(), { source: () => source });
};

const BOTH = { table: [{ name: 'first' }, { name: 'second' }] };

it('shows the second table as it was when the first was read', async () => {
  const source = interruptedSource({
    read: () => sql('UPDATE first SET v = 11; UPDATE second SET v = 11; INSERT INTO second VALUES (2, 20)'),
  });
  const { report } = await run(source, BOTH);
  const { csv } = await readExport(here.s3, here.bucket, report);
  expect(csv('first').rows).toEqual([['1', '10']]);
  expect(csv('second').rows).toEqual([['1', '10']]);
});

it('begins when it is opened, not with the first read', async () => {
  const source = interruptedSource({ opened: () => sql('UPDATE first SET v = 12; DELETE FROM second') });
  const { report } = await run(source, BOTH);
  const { csv } = await readExport(here.s3, here.bucket, report);
  expect(csv('first').rows).toEqual([['1', '10']]);
  expect(csv('second').rows).toEqual([['1', '10']]);
});

it('stays the same from one read to the next', async () => {
  const snapshot = await mysqlSource(here.source).open(NEVER);
  const values: string[] = [];
  const read = () =>
    snapshot.rows(
      'SELECT v FROM first',
      [{ name: 'v', mysqlType: 'int', nullable: true, kind: 'number' }],
      (packet, start) => values.push(packet.toString('latin1', start + 1, start + 1 + packet[start]!)),
      NEVER,
    ).done;
  await read();
  await sql('UPDATE first SET v = 13');
  await read();
  await snapshot.close();
  expect(values).toEqual(['10', '10']);
});

it.each([
  ['altered', 'ALTER TABLE second ADD COLUMN w INT, ALGORITHM=COPY', 'ALTER TABLE second DROP COLUMN w'],
  ['rebuilt', 'ALTER TABLE second ENGINE=InnoDB, ALGORITHM=COPY', 'DO 0'],
  // MySQL 5.6 shows a table that was truncated meanwhile as empty, and says nothing of it.
  ['truncated', 'TRUNCATE TABLE second', 'DO 0', 5.7],
])(
  'ends with TABLE_CHANGED where a table was %s since it was opened',
  async (_, change, restore, since = 0) => {
    const { version } = await serverVersion(here.database);
    if (Number(version.join('.')) < since) return expect(version[0]).toBe(5);
    const source = interruptedSource({ opened: () => sql(change) });
    const { report } = await run(source, { task_name: 'changed', ...BOTH });
    await sql(restore);
    expect(report).toMatchObject({ status: 'failed', files: [], manifest: null });
    expect(report.error).toMatchObject({ code: 'TABLE_CHANGED', retryable: true });
    const { keys, uploads } = await here.traces();
    expect([...keys, ...uploads].filter((key) => key.startsWith('changed/'))).toEqual([]);
  },
);

it('refuses a result whose columns are not those planned', async () => {
  const snapshot = await mysqlSource(here.source).open(NEVER);
  const planned = [{ name: 'other', mysqlType: 'int', nullable: true, kind: 'number' }] as const;
  const rows: number[] = [];
  const { done } = snapshot.rows('SELECT v FROM first', planned, (_, start) => rows.push(start), NEVER);
  await expect(done).rejects.toMatchObject({
    code: 'TABLE_CHANGED',
    message: 'The result has the columns v where other were planned.',
  });
  await snapshot.close();
  expect(rows).toEqual([]);
});
