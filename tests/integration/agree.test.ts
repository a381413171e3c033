/** Connections that agree on one moment of a server that is written to all the time; and what each server can prove. */
import type { RowDataPacket } from 'mysql2';
import mysql from 'mysql2/promise';
import type { Consistency } from '../../src/domain/plan.ts';
import { mysqlSource } from '../../src/sources/mysql/snapshot.ts';
import { NEVER } from '../support/installation.ts';
import { moments, momentPlace, type MomentPlace } from '../support/moment-place.ts';
import { grantReader, sourceOptionsOf } from '../support/mysql.ts';
import { startPairWriters, type PairWriters } from '../support/pair-writers.ts';

const LANES = 4;

let here: MomentPlace;
let writers: PairWriters | null = null;
let askers: { stop(): Promise<void> } | null = null;
beforeAll(async () => {
  here = await momentPlace();
}, 300_000);
afterEach(async () => {
  await writers?.stop();
  writers = null;
  await askers?.stop();
  askers = null;
});
afterAll(() => here.close());

/** A MySQL proves it by a moment without a commit, so there are such moments here; MariaDB needs none. */
const startWriters = async (pauseMs: number): Promise<void> => {
  writers = await startPairWriters(here.database, pauseMs > 0 ? 1 : 4, pauseMs);
};
const variable = async (name: string): Promise<string> => {
  const [rows] = await here.database.connection.query<RowDataPacket[]>(
    `SHOW GLOBAL VARIABLES LIKE '${name}'`,
  );
  return String(rows[0]?.['Value'] ?? '');
};

/** As monitoring does, only without a rest: MariaDB tells one who asks what it is about to tell another. */
function askForStatus(count: number): { stop(): Promise<void> } {
  const stopped = new AbortController();
  const asking = Array.from({ length: count }, async () => {
    const session = await mysql.createConnection({ uri: here.database.url });
    while (!stopped.signal.aborted) await session.query("SHOW STATUS LIKE 'binlog%'");
    await session.end();
  });
  return {
    async stop() {
      stopped.abort();
      await Promise.all(asking);
    },
  };
}

/** What the server of this test run lets an account prove. */
async function provable(mayAskForPosition: boolean): Promise<Consistency> {
  if ((await variable('log_bin')) !== 'ON') return 'per_batch';
  if (here.flavor === 'mariadb' || (await variable('gtid_mode')) === 'ON') return 'snapshot';
  return mayAskForPosition && here.version[0] >= 8 ? 'snapshot' : 'per_batch';
}

it('would show several moments without agreeing: the writers of these tests are quick enough to tell', async () => {
  await startWriters(0);
  const sessions = await here.sessions(LANES);
  let found: readonly string[] = [];
  for (let tries = 0; tries < 5000 && found.length < 2; tries++) {
    await Promise.all(sessions.map((session) => session.begin(NEVER)));
    found = await moments(sessions);
  }
  expect(found.length).toBeGreaterThan(1);
});

it('is of one moment whenever that is claimed, however much is written, and whoever asks for the status', async () => {
  await startWriters(0);
  askers = askForStatus(2);
  const sessions = await here.sessions(LANES);
  const levels = new Set<Consistency>();
  for (let round = 0; round < 40; round++) {
    const { level } = await here.agreed(sessions, 'best', { options: { patienceMs: 50 } });
    levels.add(level);
    const found = await moments(sessions);
    for (const sums of found) expect(sums).toMatch(/^(\d+):\1$/);
    if (level === 'snapshot') expect(found).toHaveLength(1);
  }
  // MariaDB's marks agree sooner or later, also between writers that never rest.
  if (here.flavor === 'mariadb') expect(levels).toContain('snapshot');
  else expect([...levels].toSorted()).not.toContain('locked');
});

it('proves what the server can prove', async () => {
  await startWriters(100);
  const sessions = await here.sessions(LANES);
  const expected = await provable(true);
  for (let round = 0; round < 10; round++) {
    const agreement = await here.agreed(sessions, 'best', { options: { patienceMs: 60_000 } });
    expect(agreement.level).toBe(expected);
    if (expected !== 'snapshot') continue;
    expect(await moments(sessions)).toHaveLength(1);
    expect(agreement.position).not.toBeNull();
    expect(agreement.basis).toMatch(/^(4 snapshots show the same \d+ commits|Nothing was committed while 4)/);
  }
});

it('needs no more than SELECT where the server tells everybody; else it says what to grant, and then does', async () => {
  await startWriters(100);
  const reader = { ...here.database, ...(await grantReader(here.database)) };
  const sessions = await here.sessions(LANES, reader);
  const options = { patienceMs: 60_000 };
  const expected = await provable(false);
  const first = await here.agreed(sessions, 'best', { login: reader, options });
  expect(first.level).toBe(expected);
  if (expected === 'snapshot') return expect(await moments(sessions)).toHaveLength(1);
  if ((await variable('log_bin')) !== 'ON')
    return expect(first.basis).toContain('the server writes no binary log. Start it with log_bin.');
  const grant = /GRANT REPLICATION CLIENT ON \*\.\* TO [^;]+;/.exec(first.basis)?.[0];
  await here.database.connection.query(grant!);
  const then = await here.agreed(sessions, 'best', { login: reader, options });
  expect(then.level).toBe(await provable(true));
  if (then.level === 'per_batch')
    return expect(then.basis).toContain('this version of MySQL does not say whether commits are under way');
  expect(await moments(sessions)).toHaveLength(1);
});

it('fails with what to do where a snapshot is asked for and cannot be proved', async () => {
  const reader = { ...here.database, ...(await grantReader(here.database)) };
  const sessions = await here.sessions(2, reader);
  const outcome = here.agreed(sessions, 'snapshot', { login: reader, options: { patienceMs: 10_000 } });
  if ((await provable(false)) === 'snapshot')
    return expect(await outcome).toMatchObject({ level: 'snapshot' });
  await expect(outcome).rejects.toMatchObject({
    code: 'CONSISTENCY_UNPROVEN',
    message: expect.stringMatching(
      /^That 2 connections read as of one moment cannot be proved: the (account|server) /,
    ),
    hint: expect.stringContaining('"parallelism": 1'),
  });
});

it('sees a commit that is in the log and in nobody’s sight yet', async () => {
  const hasGap = here.flavor === 'mysql' && here.version[0] >= 8 && (await variable('log_bin')) === 'ON';
  if (!hasGap) return expect(await variable('rpl_semi_sync_source_enabled')).toBe('');
  // A source that waits for a replica does so between the two, by default.
  const admin = here.database.connection;
  await admin.query("INSTALL PLUGIN rpl_semi_sync_source SONAME 'semisync_source.so'").catch(() => {});
  await admin.query(
    'SET GLOBAL rpl_semi_sync_source_enabled = 1, GLOBAL rpl_semi_sync_source_timeout = 600000',
  );
  const referee = mysqlSource(sourceOptionsOf(here.database)).referee(null);
  try {
    const before = await referee.reading(NEVER);
    writers = await startPairWriters(here.database, 1);
    let during = await referee.reading(NEVER);
    while (during.settled && during.position === before.position) during = await referee.reading(NEVER);
    const [one, other] = await here.sessions(2);
    await one!.begin(NEVER);
    expect(during).toMatchObject({ settled: false, obstacle: null });
    await expect(
      here.agreed([one!, other!], 'snapshot', { options: { patienceMs: 100 } }),
    ).rejects.toMatchObject({ code: 'CONSISTENCY_UNPROVEN' });
  } finally {
    await admin.query('SET GLOBAL rpl_semi_sync_source_enabled = 0');
    await admin.query('UNINSTALL PLUGIN rpl_semi_sync_source');
    await referee.close();
  }
});
