/**
 * Leaders that are killed, paused and stopped, and a Redis that is, at random moments, while applications write: each slot
 * of the schedule is run once, each committed row is delivered, and no watermark goes back or leaves something out.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { openPair, logOf, EVERY, type Daemon, type Pair } from './ha/site.ts';
import { chanceFrom, type Chance } from './kill/random.ts';

const ROUNDS = Number(process.env['HA_ROUNDS'] ?? 8);
const SEED = Number(process.env['KILL_SEED'] ?? Date.now() % 1_000_000);

let pair: Pair;
beforeAll(async () => {
  pair = await openPair(SEED);
});
afterAll(() => pair.stop());

/** What befalls them; all run again afterwards. @returns what it was, for whoever has to find out what went wrong. */
type Mishap = (chance: Chance, leader: Daemon, other: Daemon) => Promise<string>;

const MISHAPS: Readonly<Record<string, Mishap>> = {
  async killed(_chance, leader) {
    await leader.kill();
    await pair.leader(leader);
    leader.start();
    return 'the leader was killed';
  },
  async 'killed and started at once'(_chance, leader) {
    await leader.kill();
    leader.start();
    return 'the leader was killed and started at once';
  },
  async paused(chance, leader) {
    // Shorter or longer than the lease.
    const ms = Math.round(chance.fraction() * 12_000);
    leader.process()!.kill('SIGSTOP');
    await sleep(ms);
    leader.process()!.kill('SIGCONT');
    return `the leader was paused for ${ms} ms`;
  },
  async stopped(_chance, leader) {
    await leader.process()!.stop();
    await pair.leader(leader);
    leader.start();
    return 'the leader was stopped';
  },
  async 'without Redis'(chance) {
    const ms = Math.round(chance.fraction() * 9000);
    await pair.redis.kill();
    await sleep(ms);
    await pair.redis.start();
    return `Redis was away for ${ms} ms`;
  },
  async 'without Redis, and killed'(chance, leader) {
    const ms = Math.round(chance.fraction() * 5000);
    await pair.redis.kill();
    await leader.kill();
    await sleep(ms);
    await pair.redis.start();
    leader.start();
    return `the leader was killed while Redis was away for ${ms} ms`;
  },
  async 'all at once'(_chance, leader, other) {
    await Promise.all([leader.kill(), other.kill()]);
    other.start();
    leader.start();
    return 'both were killed';
  },
};

it(`misses no slot and doubles none in ${ROUNDS} rounds`, async () => {
  const chance = chanceFrom(SEED);
  const past: string[] = [];
  try {
    for (const one of pair.daemons) one.start();
    await pair.published(2);
    const names = Object.keys(MISHAPS) as [string, ...string[]];
    for (let round = 0; round < ROUNDS; round++) {
      const leader = await pair.leader();
      const other = pair.daemons.find((one) => one !== leader)!;
      // At any moment of a run, or between two.
      await sleep(chance.fraction() * EVERY * 1000);
      // Each once before any twice.
      const name = round < names.length ? names[round]! : chance.pick(names);
      past.push(`${leader.name}: ${await MISHAPS[name]!(chance, leader, other)}`);
      await pair.published(1);
      await pair.expectNoPartOfARun();
    }
    await pair.expectAllInOrder();
    expect(past).toHaveLength(ROUNDS);
  } catch (error) {
    const logs = pair.daemons.map((one) => `${one.name}:\n${logOf(one).split('\n').slice(-60).join('\n')}`);
    throw new Error(
      `KILL_SEED=${SEED}, after:\n${past.join('\n')}\n${(error as Error).message}\n${logs.join('\n')}`,
      { cause: error },
    );
  }
}, 1_800_000);
