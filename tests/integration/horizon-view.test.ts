/** What may keep a horizon from being seen: privileges, views of the past, replication, a repeated hour. */
import mysql, { type RowDataPacket } from 'mysql2/promise';
import { setTimeout as sleep } from 'node:timers/promises';
import { earliestInstantSql } from '../../src/sources/mysql/read-horizon.ts';
import { horizonPlace, microsOf, type HorizonPlace } from '../support/horizon-place.ts';
import { freshDatabase, grantReader, serverVersion } from '../support/mysql.ts';
import { waitFor } from '../support/wait-for.ts';

let here: HorizonPlace;
beforeAll(async () => {
  here = await horizonPlace();
});
beforeEach(() => here.clear());
afterAll(() => here.close());

it('says which GRANT lets it see open transactions, and that GRANT does', async () => {
  const { user, password } = await grantReader(here.database);
  const writer = await here.client();
  await writer.query('START TRANSACTION');
  await writer.query('UPDATE t SET at = NOW(6) WHERE id = 1');
  const refused = await here.horizon({ ...here.database, user, password });
  expect(refused).toMatchObject({
    oldestWrite: null,
    blind:
      'Open transactions cannot be seen, so only the lag keeps rows that are committed late. ' +
      `Run as an administrator: GRANT PROCESS ON *.* TO '${user}'@'%';`,
  });
  await here.database.connection.query(/GRANT .*;/.exec(refused.blind!)![0]);
  const granted = await here.horizon({ ...here.database, user, password });
  expect(granted.blind).toBeNull();
  expect(granted.oldestWrite).not.toBeNull();
});

it('is not deceived by what InnoDB showed a moment ago', async () => {
  const writer = await here.client();
  await writer.query('START TRANSACTION');
  await sleep(150);
  await here.database.connection.query('SELECT * FROM information_schema.INNODB_TRX');
  await writer.query('UPDATE t SET at = NOW(6) WHERE id = 1');
  const { oldestWrite, blind } = await here.horizon();
  expect(blind).toBeNull();
  expect(oldestWrite).toBeLessThanOrEqual(await microsOf(writer, 'SELECT at FROM t WHERE id = 1'));
});

it('says so where InnoDB shows old transactions only, as somebody asks for them all the time', async () => {
  const [poller, writer] = [await here.client(), await here.client()];
  const done = new AbortController();
  const polled = (async () => {
    while (!done.signal.aborted) await poller.query('SELECT COUNT(*) FROM information_schema.INNODB_TRX');
  })();
  await writer.query('START TRANSACTION');
  await writer.query('UPDATE t SET at = NOW(6) WHERE id = 1');
  const at = await microsOf(writer, 'SELECT at FROM t WHERE id = 1');
  // A poller that is held up for a tenth of a second lets everybody see the present.
  const seen = await waitFor('a horizon that is not seen', async () => {
    const horizon = await here.horizon();
    if (horizon.blind === null) expect(horizon.oldestWrite).toBeLessThanOrEqual(at);
    return horizon.blind === null ? null : horizon;
  }).finally(() => done.abort());
  await polled;
  expect(seen.blind).toMatch(
    /^Open transactions cannot be seen: others read information_schema.INNODB_TRX so often/,
  );
});

it('trusts no replica whose replication is stopped', async () => {
  const replica = await freshDatabase(here.own.url);
  const admin = replica.connection;
  await admin.query("CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = 1, MASTER_USER = 'nobody'");
  const { user, password } = await grantReader(replica);
  const at = { ...replica, user, password };
  const unseen = await here.horizon(at);
  await admin.query(`GRANT PROCESS, REPLICATION CLIENT ON *.* TO '${user}'@'%'`);
  const { version, flavor } = await serverVersion(replica);
  if (flavor === 'mariadb' && version[0] >= 10)
    await admin.query(`GRANT SLAVE MONITOR ON *.* TO '${user}'@'%'`);
  const seen = await here.horizon(at).catch((error: unknown) => error);
  await admin.query('RESET SLAVE ALL');
  const promoted = await here.horizon(at);
  await replica.drop();
  // Without the privilege to ask, nobody is bothered with what most servers are not.
  expect(unseen.blind).toMatch(/^Open transactions cannot be seen.*GRANT PROCESS[^.]*\.\* TO [^.]*$/);
  expect(seen).toMatchObject({ code: 'REPLICATION_STOPPED' });
  expect(promoted.blind).toBeNull();
});

it('takes the hour that comes twice in autumn as its first coming', async () => {
  const admin = await mysql.createConnection(here.own.url);
  const earliest = async (clock: string): Promise<string> => {
    const sql = `SELECT ${earliestInstantSql('clock')} AS u FROM (SELECT CAST('${clock}' AS DATETIME) AS clock) one`;
    const [rows] = await admin.query<RowDataPacket[]>(sql);
    return new Date(Number(rows[0]!['u']) * 1000).toISOString();
  };
  await admin.query("SET time_zone = 'SYSTEM'");
  const found = {
    before: await earliest('2025-10-26 01:59:59'),
    twice: await earliest('2025-10-26 02:30:00'),
    after: await earliest('2025-10-26 03:00:00'),
    spring: await earliest('2025-03-30 03:00:00'),
    summer: await earliest('2025-07-01 12:00:00'),
  };
  await admin.end();
  expect(found).toEqual({
    before: '2025-10-25T23:59:59.000Z',
    twice: '2025-10-26T00:30:00.000Z',
    after: '2025-10-26T02:00:00.000Z',
    spring: '2025-03-30T01:00:00.000Z',
    summer: '2025-07-01T10:00:00.000Z',
  });
});
