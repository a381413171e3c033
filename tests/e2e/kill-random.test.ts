/**
 * kill -9 at a hundred random moments, of `tidemark run` and of the daemon, each started again at once, while
 * applications write to the tables.
 */
import { expectDone, openKillSite, type KillSite } from './kill/site.ts';
import { killSometime, measurePace } from './kill/moments.ts';
import { chanceFrom } from './kill/random.ts';

const KILLS = 100;
/** After so many, a run is let come to its end. */
const LOOK_EVERY = 20;
const SEED = Number(process.env['KILL_SEED'] ?? Date.now() % 1_000_000);

let site: KillSite;
beforeAll(async () => {
  site = await openKillSite({ seed: SEED });
});
afterAll(() => site.stop());

it(`loses nothing and publishes nothing twice, killed ${KILLS} times`, async () => {
  const chance = chanceFrom(SEED);
  const past: string[] = [];
  try {
    const pace = await measurePace(site);
    for (let kills = 0; kills < KILLS;) {
      const { killed, what } = await killSometime(site, chance, pace);
      past.push(what);
      if (!killed) continue;
      kills++;
      await site.expectNoPartOfARun();
      if (kills % LOOK_EVERY !== 0) continue;
      expectDone(await site.run().exit);
      await site.expectInOrder();
    }
    const { entries, accounts } = await site.expectAllDelivered();
    expect(entries).toBeGreaterThan(1000);
    expect(accounts).toBe(200);
    await site.expectInOrder();
  } catch (error) {
    throw new Error(`KILL_SEED=${SEED}, after:\n${past.slice(-25).join('\n')}\n${(error as Error).message}`, {
      cause: error,
    });
  }
}, 1_800_000);
