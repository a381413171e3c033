/**
 * A MariaDB that follows another one: what its snapshots prove, and what of a run waits for it. Both are private, as
 * nothing else here can be made a replica.
 */
import mysql, { type Connection, type RowDataPacket } from 'mysql2/promise';
import { paceOf } from '../../src/pace/pace.ts';
import type { Source } from '../../src/ports.ts';
import { mysqlSource } from '../../src/sources/mysql/snapshot.ts';
import { moments, placeOf, type MomentPlace } from '../support/moment-place.ts';
import {
  freshDatabase,
  sourceOptionsOf,
  startMariaDb,
  type MySqlServer,
  type TestDatabase,
} from '../support/mysql.ts';
import { startPairWriters, type PairWriters } from '../support/pair-writers.ts';
import { waitFor } from '../support/wait-for.ts';

const NEVER = new AbortController().signal;
const LAG = { threads: false, replication: true };

let primary: MySqlServer;
let place: MomentPlace;
let writers: PairWriters | null = null;
/** By whether they log what they apply. */
const replicas = new Map<boolean, { readonly server: MySqlServer; readonly admin: Connection }>();

beforeAll(async () => {
  primary = await startMariaDb();
  const first = await mysql.createConnection({ uri: primary.url, multipleStatements: true });
  await first.query(
    "CREATE USER 'follower'@'%' IDENTIFIED BY 'follows'; GRANT REPLICATION SLAVE ON *.* TO 'follower'@'%'",
  );
  const [[start]] = await first.query<RowDataPacket[]>(
    'SELECT @@global.gtid_binlog_pos AS at, @@port AS port',
  );
  await first.end();
  for (const logs of [true, false]) {
    const own = logs ? ['--server-id=2', '--log-slave-updates'] : ['--server-id=3'];
    const server = await startMariaDb(undefined, own);
    const connection = await mysql.createConnection({ uri: server.url, multipleStatements: true });
    replicas.set(logs, { server, admin: connection });
    // From here on: the accounts of the primary are none of theirs.
    await connection.query(
      `SET GLOBAL gtid_slave_pos = '${start!['at']}';
       CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = ${start!['port']}, MASTER_USER = 'follower',
         MASTER_PASSWORD = 'follows', MASTER_USE_GTID = slave_pos; START SLAVE`,
    );
  }
  place = await placeOf(await freshDatabase(primary.url), primary);
  for (const logs of [true, false]) await caughtUp(logs);
}, 300_000);
afterEach(async () => {
  await writers?.stop();
  writers = null;
});
afterAll(async () => {
  for (const { server, admin } of replicas.values()) {
    await admin.end();
    await server.stop();
  }
  await place.close();
});

/** The primary's database as it is on a replica. */
function on(logs: boolean): TestDatabase {
  const url = new URL(replicas.get(logs)!.server.url);
  url.pathname = `/${place.database.name}`;
  const [user, password] = [url.username, url.password];
  return { ...place.database, port: Number(url.port), user, password, url: url.href };
}

const admin = (logs: boolean, sql: string) => replicas.get(logs)!.admin.query<RowDataPacket[]>(sql);

async function caughtUp(logs: boolean): Promise<void> {
  const [rows] = await place.database.connection.query<RowDataPacket[]>(
    'SELECT @@global.gtid_binlog_pos AS at',
  );
  const [found] = await admin(logs, `SELECT MASTER_GTID_WAIT('${rows[0]!['at']}', 120) AS result`);
  expect(found[0]!['result']).toBe(0);
}

it.each([true, false])('proves one moment while it applies changes, where it logs them: %p', async (logs) => {
  const login = on(logs);
  const sessions = await place.sessions(4, login);
  writers = await startPairWriters(place.database, 4);
  let differed = false;
  for (let round = 0; round < 30; round++) {
    const { level, basis } = await place.agreed(sessions, 'best', { login, options: { patienceMs: 60_000 } });
    const found = await moments(sessions);
    if (found.length > 1) differed = true;
    expect(level).toBe(logs ? 'snapshot' : 'per_batch');
    if (logs) expect(found).toHaveLength(1);
    else
      expect(basis).toContain(
        'the server applies changes of others that it does not log (log_slave_updates is OFF). Start it with log_slave_updates.',
      );
  }
  // Its own log stands still all the time: who believed it would have been wrong.
  if (!logs)
    for (let tries = 0; !differed && tries < 2000; tries++) {
      await Promise.all(sessions.map((session) => session.begin(NEVER)));
      differed = (await moments(sessions)).length > 1;
    }
  expect(differed).toBe(!logs);
});

it('has writers kept out there, too: those that apply', async () => {
  const login = on(false);
  const sessions = await place.sessions(4, login);
  writers = await startPairWriters(place.database, 4);
  for (let round = 0; round < 10; round++) {
    const options = { lockTries: 10 };
    expect(await place.agreed(sessions, 'locked', { login, options })).toMatchObject({ level: 'locked' });
    expect(await moments(sessions)).toHaveLength(1);
  }
});

it('is another server than the one it follows', async () => {
  const [one] = await place.sessions(1);
  const [other] = await place.sessions(1, on(true));
  await expect(place.agreed([one!, other!], 'best')).rejects.toMatchObject({
    code: 'CONSISTENCY_UNPROVEN',
    message: expect.stringMatching(/^The connections of the run lead to different servers: .*#1.*#2\.$/),
  });
});

describe('max_load.replica_lag, on a replica that is behind', () => {
  const source = (): Source => mysqlSource(sourceOptionsOf(on(true)));
  const lag = async (): Promise<number | null> => (await source().load(LAG, NEVER)).replicaLagS;
  const delay = (seconds: number) =>
    admin(true, `STOP SLAVE; CHANGE MASTER TO MASTER_DELAY = ${seconds}; START SLAVE`);

  afterEach(async () => {
    await delay(0);
    await caughtUp(true);
  });

  it('keeps a run waiting, and lets it go on when the replica has caught up', async () => {
    await delay(3600);
    await place.database.connection.query(
      'UPDATE debit SET n = n WHERE id = 0; UPDATE debit SET n = n + 1 WHERE id = 0; UPDATE credit SET n = n + 1 WHERE id = 0',
    );
    const behind = await waitFor('the replica is behind', async () => {
      const found = await lag();
      return found !== null && found > 1 ? found : null;
    });
    expect(behind).toBeGreaterThan(1);
    const waits: (string | null)[] = [];
    const pace = paceOf(
      { maxLoad: { threadsRunning: null, replicaLagMs: 1000 }, bytesPerSecond: null },
      (reason) => waits.push(reason),
    );
    const waiting = pace.beforeSnapshot(source(), NEVER);
    await waitFor('the run waits', () => (waits.length > 0 ? true : null));
    expect(waits).toEqual([
      expect.stringMatching(/^the replica is \d+ s behind, max_load\.replica_lag is 1 s$/),
    ]);
    await delay(0);
    await waiting;
    expect(waits).toHaveLength(2);
    expect(waits[1]).toBeNull();
  });

  it('says nothing of a replica that has stopped applying: it is not known how far behind it is', async () => {
    await admin(true, 'STOP SLAVE SQL_THREAD');
    expect(await lag()).toBeNull();
  });
});
