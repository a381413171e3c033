/** cdc bounds, literal and span, on a server of its own whose wall clock is not UTC. */
import mysql, { type RowDataPacket } from 'mysql2/promise';
import { mysqlSource } from '../../src/sources/mysql/snapshot.ts';
import { NEVER, readExport, testInstallation, type TestInstallation } from '../support/installation.ts';
import { startMySql, type MySqlServer } from '../support/mysql.ts';
import { microsAt, slotOf } from '../support/runs.ts';

const SCHEDULED = new Date('2024-06-15T12:00:00Z');

/** A named zone an hour east of UTC, and two in the summer of 2024. A server's zone tables are empty at first. */
const ZONE = `
  INSERT INTO mysql.time_zone (Time_zone_id, Use_leap_seconds) VALUES (7001, 'N');
  INSERT INTO mysql.time_zone_name (Name, Time_zone_id) VALUES ('Test/Summer', 7001);
  INSERT INTO mysql.time_zone_transition_type (Time_zone_id, Transition_type_id, \`Offset\`, Is_DST, Abbreviation)
    VALUES (7001, 0, 3600, 0, 'W'), (7001, 1, 7200, 1, 'S');
  INSERT INTO mysql.time_zone_transition (Time_zone_id, Transition_time, Transition_type_id)
    VALUES (7001, 0, 0), (7001, 1711846800, 1), (7001, 1729990800, 0)`;

let server: MySqlServer;
let here: TestInstallation;
beforeAll(async () => {
  server = await startMySql();
  const admin = await mysql.createConnection({ uri: server.url, multipleStatements: true });
  await admin.query(`${ZONE}; SET GLOBAL time_zone = 'Test/Summer'`);
  await admin.end();
  here = await testInstallation({ serverUrl: server.url });
  await sql("SET time_zone = '+00:00'");
  await sql(
    'CREATE TABLE changes (name VARCHAR(9) PRIMARY KEY, n INT, d DATE, dt DATETIME(3), ts TIMESTAMP(3) NULL)',
  );
  await sql(`INSERT INTO changes VALUES
    ('a', 1, '2024-06-13', '2024-06-13 12:00:00.000', '2024-06-13 12:00:00.000'),
    ('b', 2, '2024-06-14', '2024-06-14 12:00:00.000', '2024-06-14 12:00:00.000'),
    ('c', 3, '2024-06-14', '2024-06-14 14:00:00.001', '2024-06-14 12:00:00.001'),
    ('d', 4, '2024-06-15', '2024-06-15 11:00:00.000', '2024-06-15 11:00:00.000')`);
});
afterAll(async () => {
  await here.close();
  await server.stop();
});

const sql = async (text: string): Promise<RowDataPacket[]> =>
  (await here.database.connection.query<RowDataPacket[]>(text))[0];

const exported = async (cdc: object, scheduledFor = SCHEDULED): Promise<(string | null)[]> => {
  const spec = here.spec({ table: { name: 'changes', columns: ['name'], cdc, split_order: 'name' } });
  const { report, error } = await here.runSpec(spec, slotOf(scheduledFor));
  if (error !== null) throw error;
  const { csv } = await readExport(here.s3, here.bucket, report);
  return csv('changes').rows.map((row) => row[0]!);
};

it.each([
  [{ n: 2 }, ['c', 'd']],
  [{ d: '2024-06-13' }, ['b', 'c', 'd']],
  [{ dt: '2024-06-14 12:00:00' }, ['c', 'd']],
  [{ dt: '2024-06-13 12:00:00', n: 3 }, ['d']],
  // Read in UTC, as it is written.
  [{ ts: '2024-06-14 12:00:00' }, ['c', 'd']],
  [{ name: 'b' }, ['c', 'd']],
])('a literal means what it says: %j', async (cdc, expected) => {
  expect(await exported(cdc)).toEqual(expected);
});

it.each([
  [{ ts: '24 hours' }, ['c', 'd']],
  [{ ts: '1 day', n: 3 }, ['d']],
  [{ ts: '1 month' }, ['a', 'b', 'c', 'd']],
  // 14:00 by the server's clock, a day before.
  [{ dt: '24 hours' }, ['c', 'd']],
  [{ dt: '2 hours' }, []],
  [{ dt: '4 hours' }, ['d']],
  [{ d: '1 day' }, ['d']],
  [{ d: '2 weeks' }, ['a', 'b', 'c', 'd']],
])('a span counts back from the scheduled time, by the server’s own clock: %j', async (cdc, expected) => {
  expect(await exported(cdc)).toEqual(expected);
});

it('a span of a day ends by the server’s clock on the other side of midnight', async () => {
  // 23:30 UTC is half past one of the next day there.
  expect(await exported({ d: '1 day' }, new Date('2024-06-14T23:30:00Z'))).toEqual(['d']);
});

it('windows are reported', async () => {
  const spec = here.spec({ table: { name: 'changes', cdc: { ts: '90 minutes', dt: '90 minutes', n: 1 } } });
  const { report } = await here.runSpec(spec, slotOf(SCHEDULED));
  expect(report.windows).toEqual([
    { table: 'changes', column: 'ts', mode: 'span', from: '2024-06-15 10:30:00', to: null, nulls: false },
    { table: 'changes', column: 'dt', mode: 'span', from: '2024-06-15 12:30:00', to: null, nulls: false },
    { table: 'changes', column: 'n', mode: 'literal', from: '1', to: null, nulls: false },
  ]);
});

it('a span on a number is refused', async () => {
  const { report } = await here.run({ table: { name: 'changes', cdc: { n: '12 hours' } } });
  expect(report.error).toMatchObject({
    code: 'SPAN_ON_NUMBER',
    message: expect.stringMatching(/^cdc of changes\.n is the span "12 hours", and the column is int/),
  });
});

it.each([
  ['2024-06-15T12:00:00.250Z', '2024-06-15 14:00:00.250'],
  ['2024-01-15T12:00:00.250Z', '2024-01-15 13:00:00.250'],
])('the wall clock of a server in a named zone at %s', async (instant, expected) => {
  const snapshot = await mysqlSource(here.source).open(NEVER);
  const clock = await snapshot.wallClock(microsAt(instant));
  await snapshot.close();
  expect(clock.slice(0, 23)).toBe(expected);
});
