/**
 * What else befalls a run besides its process being killed: lost sessions, locked tables, a lost bucket, a machine
 * that stands still.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import mysql, { type RowDataPacket } from 'mysql2/promise';
import type { Chance } from '../e2e/kill/random.ts';
import type { KillSite } from '../e2e/kill/site.ts';
import type { RunningCli } from '../support/cli.ts';
import type { Rule, S3Proxy } from '../support/s3-proxy.ts';

/** Strikes a process once, and returns what it has done. The process may have ended meanwhile. */
type Disturbance = (site: KillSite, proxy: S3Proxy, victim: RunningCli, chance: Chance) => Promise<string>;

const LONGEST_STANDSTILL_MS = 3000;
const LONGEST_CUT_MS = 4000;
/** Together shorter than the lag. */
const LONGEST_LOCK_MS = 1000;
const LOCK_WAIT_SECONDS = 2;

const killSessions: Disturbance = async ({ site, reader }) => {
  const { connection } = site.database;
  const [sessions] = await connection.query<RowDataPacket[]>(
    'SELECT id FROM information_schema.processlist WHERE user = ?',
    [reader],
  );
  // A session may be gone by now.
  for (const session of sessions)
    await connection.query('KILL ?', [Number(Object.values(session)[0])]).catch(() => undefined);
  return `${sessions.length} sessions killed`;
};

const standStill: Disturbance = async (_site, _proxy, victim, chance) => {
  const ms = chance.below(LONGEST_STANDSTILL_MS);
  victim.kill('SIGSTOP');
  await sleep(ms);
  victim.kill('SIGCONT');
  return `stood still for ${ms} ms`;
};

const cut =
  (how: string, rule: (proxy: S3Proxy) => Rule): Disturbance =>
  async (_site, proxy, victim, chance) => {
    const ms = chance.below(LONGEST_CUT_MS);
    const active = rule(proxy);
    await Promise.race([sleep(ms), victim.exit]);
    active.remove();
    return `bucket ${how} for ${ms} ms`;
  };

/** A second process of the same task; it may as well be the one that gets the task's lock. */
const runBeside: Disturbance = async ({ run }) => {
  const { code } = await run().exit;
  return `a second process ended with ${code}`;
};

/** While the tables are locked, statements wait that have begun and are in no transaction yet: rows as old as they are. */
const lockTables: Disturbance = async ({ site }, _proxy, _victim, chance) => {
  const ms = chance.below(LONGEST_LOCK_MS);
  const connection = await mysql.createConnection(site.database.url);
  try {
    await connection.query(`SET lock_wait_timeout = ${LOCK_WAIT_SECONDS}`);
    // Where a transaction has them for longer, there is no lock; those who came meanwhile have waited all the same.
    const isLocked = await connection.query('LOCK TABLES accounts WRITE, entries WRITE').then(
      () => true,
      () => false,
    );
    if (isLocked) await sleep(ms);
  } finally {
    await connection.end(); // which unlocks them
  }
  return `tables locked for ${ms} ms`;
};

const STRIKES: readonly [Disturbance, ...Disturbance[]] = [
  killSessions,
  standStill,
  cut('not reachable', (proxy) => proxy.reset()),
  cut('losing answers', (proxy) => proxy.reset({ afterAnswer: true })),
  cut('failing', (proxy) => proxy.fail({ status: 503 })),
  cut('refusing to complete', (proxy) => proxy.fail({ status: 403, method: 'POST', match: /uploadId=/ })),
  cut('refusing manifests', (proxy) => proxy.fail({ status: 403, method: 'PUT', match: /_manifest_/ })),
  cut('losing answers to manifests', (proxy) => proxy.reset({ afterAnswer: true, match: /_manifest_/ })),
  lockTables,
  lockTables,
  runBeside,
];

/**
 * Disturbs a run after a random time. Half of the processes are killed thereafter; the others come to an end of
 * their own, which may be a failure.
 */
export async function disturb(
  site: KillSite,
  proxy: S3Proxy,
  chance: Chance,
  longestMs: number,
): Promise<string> {
  const strike = chance.pick(STRIKES);
  const [delay, isKilled] = [chance.below(longestMs), chance.fraction() < 0.5];
  const victim = site.run();
  await Promise.race([sleep(delay), victim.exit]);
  const what = await strike(site, proxy, victim, chance);
  if (isKilled) victim.kill('SIGKILL');
  const { code, signal } = await victim.exit;
  return `after ${delay} ms ${what}; the run ended with ${signal ?? code}`;
}
