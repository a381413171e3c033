/**
 * The long form of tests/e2e/kill-random.test.ts: for a quarter of an hour, or for `SOAK_MINUTES`, the task is killed
 * at random moments, loses its sessions and its bucket, and stands still. `npm run test:soak`; `npm test` leaves it out.
 */
import { killSometime, measurePace } from '../e2e/kill/moments.ts';
import { chanceFrom } from '../e2e/kill/random.ts';
import { expectDone, openKillSite, type KillSite } from '../e2e/kill/site.ts';
import { startS3Proxy, type S3Proxy } from '../support/s3-proxy.ts';
import { disturb } from './disturbances.ts';

const MINUTES = Number(process.env['SOAK_MINUTES'] ?? 15);
const SEED = Number(process.env['KILL_SEED'] ?? Date.now() % 1_000_000);
const LOOK_EVERY = 10;

let site: KillSite;
let proxy: S3Proxy;
beforeAll(async () => {
  const between = async (endpoint: string): Promise<string> => {
    proxy = await startS3Proxy(endpoint);
    return proxy.endpoint;
  };
  // Transactions stay open for much longer than the lag; the lag is for statements that wait for a locked table.
  const writing = { seed: SEED, longestTransactionMs: 15_000 };
  site = await openKillSite(writing, {
    between,
    lag: '5 seconds',
    retries: { count: 1, first_delay: '1 second' },
  });
});
afterAll(async () => {
  await site.stop();
  await proxy.stop();
});

it(
  `loses nothing and publishes nothing twice, disturbed for ${MINUTES} minutes`,
  async () => {
    const chance = chanceFrom(SEED);
    const past: string[] = [];
    const end = performance.now() + MINUTES * 60_000;
    const counts = { kills: 0, disturbances: 0 };
    process.stderr.write(`KILL_SEED=${SEED}\n`);
    try {
      const pace = await measurePace(site);
      for (let round = 1; performance.now() < end; round++) {
        if (chance.fraction() < 0.5) {
          const { killed, what } = await killSometime(site, chance, pace);
          if (killed) counts.kills++;
          past.push(what);
        } else {
          past.push(await disturb(site, proxy, chance, pace.whole));
          counts.disturbances++;
        }
        await site.expectNoPartOfARun();
        if (round % LOOK_EVERY !== 0) continue;
        expectDone(await site.run().exit);
        await site.expectInOrder();
      }
      const found = await site.expectAllDelivered();
      await site.expectInOrder();
      process.stderr.write(`${JSON.stringify({ ...counts, ...found })}\n`);
      expect(found.entries).toBeGreaterThan(1000);
    } catch (error) {
      throw new Error(
        `KILL_SEED=${SEED}, after:\n${past.slice(-25).join('\n')}\n${(error as Error).message}`,
        { cause: error },
      );
    }
  },
  (MINUTES + 10) * 60_000,
);
