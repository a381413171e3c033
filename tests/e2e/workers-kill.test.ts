/**
 * kill -9 at random moments of workers, of the daemon and of Redis, each started again soon after, while applications
 * write to the tables. `KILL_ROUNDS` says how many; `KILL_SEED` makes the same choices again.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningCli } from '../support/cli.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { waitFor } from '../support/wait-for.ts';
import { chanceFrom } from './kill/random.ts';
import { openKillSite, type KillSite } from './kill/site.ts';

const ROUNDS = Number(process.env['KILL_ROUNDS'] ?? 8);
const SEED = Number(process.env['KILL_SEED'] ?? Date.now() % 1_000_000);
const WORKERS = 4;
/** After so many, a run has to come to its end. */
const LOOK_EVERY = 3;

let redis: TestRedis;
let site: KillSite;
beforeAll(async () => {
  redis = await startRedis();
  site = await openKillSite(
    { seed: SEED, longestTransactionMs: 500 },
    {
      retries: { count: 2, first_delay: '200 milliseconds', max_delay: '1 second' },
      spec: { parallelism: 3 },
      config: {
        executor: { type: 'bullmq', url: redis.url, lost_after: '2 seconds', concurrency: 2 },
        shutdown_grace: '20 seconds',
      },
    },
  );
});
afterAll(async () => {
  await site.stop();
  await redis.stop();
});

/** Batches that Redis keeps although their run has ended. */
async function batchesIn(at: TestRedis): Promise<string[]> {
  const keys = (await at.dump()).split('\n').map((line) => line.slice(0, line.indexOf(': ')));
  return keys.filter((key) => /:(batches|commit)\./.test(key));
}

/** Lanes that a worker has opened and not closed. */
function openLanes(worker: RunningCli): number {
  const count = (what: RegExp): number => worker.lines().filter((line) => what.test(line)).length;
  return count(/lane opened/) - count(/lane closed/);
}

it(`loses nothing and publishes nothing twice, whoever is killed, ${ROUNDS} times`, async () => {
  const chance = chanceFrom(SEED);
  const past: string[] = [];
  const workers: RunningCli[] = Array.from({ length: WORKERS }, () => site.place.start('worker'));
  let daemon = site.daemon();
  await daemon.waitForLine(/daemon runs/);
  const dead = async (victim: RunningCli): Promise<void> => {
    victim.kill('SIGKILL');
    await victim.exit;
  };
  try {
    await waitFor('a first run to be published', async () => (await site.expectNoPartOfARun())[0] ?? null);
    for (let round = 1; round <= ROUNDS; round++) {
      const after = chance.below(2500);
      await sleep(after);
      const victim = chance.pick(['worker', 'worker', 'two workers', 'daemon', 'daemon', 'redis'] as const);
      const away = chance.below(1500);
      past.push(`${victim} killed after ${after} ms, away for ${away} ms`);
      switch (victim) {
        case 'worker':
        case 'two workers': {
          const first = chance.below(WORKERS);
          const chosen = victim === 'worker' ? [first] : [first, (first + 1) % WORKERS];
          await Promise.all(chosen.map((index) => dead(workers[index]!)));
          await sleep(away);
          for (const index of chosen) workers[index] = site.place.start('worker');
          break;
        }
        case 'daemon':
          await dead(daemon);
          await sleep(away);
          daemon = site.daemon();
          break;
        case 'redis':
          await redis.kill();
          await sleep(away);
          await redis.start();
          break;
      }
      const before = await site.expectNoPartOfARun();
      if (round % LOOK_EVERY !== 0 && round !== ROUNDS) continue;
      await waitFor('another run to be published', async () => {
        const now = await site.expectNoPartOfARun();
        return now.some((key) => !before.includes(key)) ? now : null;
      });
    }
    // Who has just been started cannot be stopped in order yet.
    await daemon.waitForLine(/daemon runs/);
    for (const worker of workers) await worker.waitForLine(/worker runs/);
    expect(await daemon.stop()).toMatchObject({ code: 0 });
    const { entries, accounts } = await site.expectAllDelivered();
    expect(entries).toBeGreaterThan(100);
    expect(accounts).toBe(200);
    await site.expectInOrder();
    // Whoever was killed has left nothing that others did not clear away.
    await waitFor('lanes to go home whose leader was killed', () =>
      workers.every((worker) => openLanes(worker) === 0) ? true : null,
    );
    expect(await batchesIn(redis)).toEqual([]);
    for (const worker of workers) expect((await worker.stop()).code).toBe(0);
  } catch (error) {
    throw new Error(
      `KILL_SEED=${SEED}, after:\n${past.slice(-25).join('\n')}\n${(error as Error).message}\n${daemon.lines().slice(-30).join('\n')}`,
      { cause: error },
    );
  }
}, 3_000_000);
