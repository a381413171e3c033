/** One value of a SELECT: exactly as the server writes it, from the snapshot, and for as long as the server takes. */
import type { RowDataPacket } from 'mysql2';
import type { Snapshot } from '../../src/ports.ts';
import { mysqlSource } from '../../src/sources/mysql/snapshot.ts';
import { NEVER, testInstallation, type TestInstallation } from '../support/installation.ts';

/** Takes minutes, and does not look at its client meanwhile. */
const BUSY = "SELECT BENCHMARK(100000000000, CRC32('a scalar that is aborted'))";

let here: TestInstallation;
let snapshot: Snapshot;
beforeAll(async () => {
  here = await testInstallation();
  await here.database.connection.query(
    `CREATE TABLE v (id INT PRIMARY KEY, big BIGINT UNSIGNED, d DECIMAL(65,30), dt DATETIME(6), dt0 DATETIME,
       ts TIMESTAMP(6) NULL, da DATE, t LONGTEXT) ENGINE=InnoDB DEFAULT CHARSET utf8mb4`,
  );
  await here.database.connection.query(
    `SET time_zone = '+00:00'; INSERT INTO v VALUES (1, 18446744073709551615,
       12345678901234567890123456789012345.100000000000000000000000000001, '9999-12-31 23:59:59.999999',
       '2024-02-29 01:02:03', '2024-02-29 01:02:03.000001', '1000-01-01', REPEAT('é', 40000))`,
  );
});
beforeEach(async () => {
  snapshot = await mysqlSource(here.source).open(NEVER);
});
afterEach(() => snapshot.close());
afterAll(() => here.close());

it.each([
  ['SELECT MAX(big) FROM v', '18446744073709551615'],
  ['SELECT MIN(d) FROM v', '12345678901234567890123456789012345.100000000000000000000000000001'],
  ['SELECT MAX(dt) FROM v', '9999-12-31 23:59:59.999999'],
  ['SELECT MAX(dt0) FROM v', '2024-02-29 01:02:03'],
  ['SELECT MAX(ts) FROM v', '2024-02-29 01:02:03.000001'],
  ['SELECT MAX(da) FROM v', '1000-01-01'],
  ['SELECT COUNT(*) FROM v', '1'],
  ['SELECT MAX(id) FROM v WHERE id > 1', null],
  ['SELECT id FROM v WHERE id > 1', null],
  ["SELECT ''", ''],
  ['SELECT id FROM v UNION ALL SELECT 7 ORDER BY id DESC', '7'],
])('%s is %s', async (sql, expected) => {
  expect(await snapshot.scalar(sql, NEVER)).toBe(expected);
});

it.each([125, 126, 300, 32_767, 32_768, 40_000])('of %i characters of two bytes is whole', async (length) => {
  expect(await snapshot.scalar(`SELECT LEFT(t, ${length}) FROM v`, NEVER)).toBe('é'.repeat(length));
});

it('is of the snapshot, and leaves it open', async () => {
  expect(await snapshot.scalar('SELECT COUNT(*) FROM v', NEVER)).toBe('1');
  await here.database.connection.query('INSERT INTO v (id) VALUES (2)');
  const counted = await snapshot.scalar('SELECT COUNT(*) FROM v', NEVER);
  await here.database.connection.query('DELETE FROM v WHERE id = 2');
  expect(counted).toBe('1');
});

it.each([
  ['SELECT 1, 2', 'QUERY_INVALID', /One column was expected, and there are 2/],
  ['SELECT nothing FROM v', 'COLUMN_UNKNOWN', /nothing/],
  ['SELEKT 1', 'QUERY_INVALID', /SELEKT/],
])('%s is refused', async (sql, code, message) => {
  await expect(snapshot.scalar(sql, NEVER)).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message),
    sql,
  });
});

it('waits for a server that says nothing and works', async () => {
  const patient = await mysqlSource({ ...here.source, idleTimeoutMs: 1000 }).open(NEVER);
  const answer = await patient.scalar('SELECT 5 + SLEEP(3)', NEVER);
  await patient.close();
  expect(answer).toBe('5');
});

it('ends with the run, on the server too', async () => {
  const interrupted = new AbortController();
  const waiting = snapshot.scalar(BUSY, interrupted.signal);
  const running = async (): Promise<number> => {
    const [rows] = await here.database.connection.query<RowDataPacket[]>(
      'SELECT ID FROM information_schema.PROCESSLIST WHERE DB = DATABASE() AND INFO = ?',
      [BUSY],
    );
    return rows.length;
  };
  while ((await running()) === 0);
  const reason = new Error('stop');
  interrupted.abort(reason);
  await expect(waiting).rejects.toBe(reason);
  await snapshot.close();
  while ((await running()) > 0);
  expect(await running()).toBe(0);
});
