/** The server's own wall clock at any instant: to the microsecond, in its own zone, in and beyond the years it knows. */
import mysql from 'mysql2/promise';
import { mysqlSource } from '../../src/sources/mysql/snapshot.ts';
import { NEVER } from '../support/installation.ts';
import {
  freshDatabase,
  sourceOptionsOf,
  startMySql,
  type MySqlServer,
  type TestDatabase,
} from '../support/mysql.ts';
import { microsAt } from '../support/runs.ts';

let server: MySqlServer;
let database: TestDatabase;
beforeAll(async () => {
  // The zone of Berlin, as the machine's own.
  server = await startMySql('CET-1CEST,M3.5.0,M10.5.0/3');
  database = await freshDatabase(server.url);
});
afterAll(async () => {
  await database.drop();
  await server.stop();
});

/** What the clock shows at these instants, one after the other, in one snapshot. */
async function clocks(zone: string, instants: readonly bigint[]): Promise<string[]> {
  const admin = await mysql.createConnection(server.url);
  await admin.query(`SET GLOBAL time_zone = '${zone}'`);
  const snapshot = await mysqlSource(sourceOptionsOf(database)).open(NEVER, { horizon: true });
  await admin.end();
  const shown: string[] = [];
  for (const instant of instants) shown.push(await snapshot.wallClock(instant));
  // Rows are read in UTC, whatever was asked before.
  expect(await snapshot.scalar('SELECT @@session.time_zone', NEVER)).toBe('+00:00');
  await snapshot.close();
  return shown;
}

it.each<[string, string, bigint, string]>([
  ['SYSTEM', '2024-01-15T12:00:00Z', 0n, '2024-01-15 13:00:00.000000'],
  ['SYSTEM', '2024-07-15T12:00:00.250Z', 1n, '2024-07-15 14:00:00.250001'],
  // The hour that comes twice, and the one that does not come.
  ['SYSTEM', '2024-10-27T00:30:00Z', 999_999n, '2024-10-27 02:30:00.999999'],
  ['SYSTEM', '2024-10-27T01:30:00Z', 999_999n, '2024-10-27 02:30:00.999999'],
  ['SYSTEM', '2024-03-31T00:59:59Z', 999_999n, '2024-03-31 01:59:59.999999'],
  ['SYSTEM', '2024-03-31T01:00:00Z', 0n, '2024-03-31 03:00:00.000000'],
  ['+05:30', '2024-06-15T12:00:00Z', 7n, '2024-06-15 17:30:00.000007'],
  ['-08:00', '2024-06-15T04:00:00Z', 0n, '2024-06-14 20:00:00.000000'],
  // Around and beyond what a server knows of its zone.
  ['+05:30', '1970-01-01T00:00:00Z', 0n, '1970-01-01 05:30:00.000000'],
  ['-08:00', '1970-01-01T00:00:00Z', -1n, '1969-12-31 15:59:59.999999'],
  ['+05:30', '1900-02-28T20:00:00Z', 3n, '1900-03-01 01:30:00.000003'],
  ['SYSTEM', '1939-07-01T12:00:00Z', 3n, '1939-07-01 14:00:00.000003'],
  ['+05:30', '2038-01-19T03:14:07Z', 999_999n, '2038-01-19 08:44:07.999999'],
  ['SYSTEM', '2038-01-19T03:14:08Z', 0n, '2038-01-19 04:14:08.000000'],
  ['SYSTEM', '2050-07-01T12:00:00Z', 5n, '2050-07-01 14:00:00.000005'],
  ['SYSTEM', '2094-01-01T12:00:00Z', 5n, '2094-01-01 13:00:00.000005'],
  ['+05:30', '0000-01-01T00:00:00Z', -1n, '0000-01-02 05:30:00.000000'],
  ['+05:30', '9999-12-31T23:59:59Z', 1n, '9999-12-31 05:29:59.999999'],
])('in %s at %s and %i µs shows %s', async (zone, iso, more, expected) => {
  expect(await clocks(zone, [microsAt(iso) + more])).toEqual([expected]);
});

it('shows the same when it is asked again in the same snapshot', async () => {
  const instants = [microsAt('2024-07-15T12:00:00Z'), microsAt('2024-01-15T12:00:00Z')];
  const expected = ['2024-07-15 14:00:00.000000', '2024-01-15 13:00:00.000000'];
  expect(await clocks('SYSTEM', [...instants, ...instants])).toEqual([...expected, ...expected]);
});
