/** Slots that no daemon was there for: real daemons, down for some seconds, and what is in the bucket afterwards. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { PastRun } from '../../src/domain/run.ts';
import { waitFor } from '../support/wait-for.ts';
import { openSite, type Place, type Site } from './site.ts';
import { regionsSpec, slowSpec } from './specs.ts';

const EVERY = 2; // seconds
const SCHEDULE = `*/${EVERY} * * * * *`;

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.stop());

/** Slots of the runs that published, by the keys of their objects; ms, in order. */
async function published(place: Place): Promise<number[]> {
  const stamps = (await place.keys()).flatMap((key) => /_(\d{14})\.csv$/.exec(key)?.[1] ?? []);
  return stamps.map((stamp) => {
    const [year, month, day, hour, minute, second] = stamp
      .replace(/^(....)(..)(..)(..)(..)(..)$/, '$1 $2 $3 $4 $5 $6')
      .split(' ')
      .map(Number) as [number, number, number, number, number, number];
    return Date.UTC(year, month - 1, day, hour, minute, second);
  });
}

/** Oldest first. */
async function history(place: Place, task: string): Promise<PastRun[]> {
  const { stdout } = await place.tidemark('history', task, '--limit', '1000', '--json');
  return (JSON.parse(stdout) as { runs: PastRun[] }).runs.toReversed();
}

const slotOf = (run: PastRun | undefined): number => Date.parse(run?.scheduled_for ?? '');

/** A daemon runs the spec until it has published so much, and stops. */
async function runDaemon(place: Place, objects: number): Promise<{ readonly began: number }> {
  const before = (await published(place)).length;
  const began = Date.now();
  const daemon = place.start('daemon');
  await waitFor(`${objects} objects`, async () =>
    (await published(place)).length >= before + objects ? true : null,
  );
  expect((await daemon.stop()).code).toBe(0);
  return { began };
}

/** Two daemons with some seconds between them. `changes`: to the spec, made in between. */
async function withPause(catchUp: string, objects: number, changes: Readonly<Record<string, unknown>> = {}) {
  const place = await site.place();
  const fields = { schedule: SCHEDULE, catch_up: catchUp };
  place.writeSpec('regions', regionsSpec(fields));
  await runDaemon(place, 1);
  const before = await published(place);
  await sleep(5 * EVERY * 1000);
  place.writeSpec('regions', regionsSpec({ ...fields, ...changes }));
  const { began } = await runDaemon(place, objects);
  const runs = await history(place, 'regions');
  return {
    before,
    after: (await published(place)).slice(before.length),
    began,
    kinds: runs.filter(({ status }) => status === 'succeeded').map(({ kind }) => kind),
    caughtUp: runs.filter(({ kind }) => kind === 'catch_up').map(slotOf),
  };
}

describe('a daemon that was down for several slots', () => {
  it('makes up for them with one run, for the last', async () => {
    const { before, after, began, caughtUp } = await withPause('latest', 2);
    expect(caughtUp).toEqual([after[0]]);
    const [missed, next] = after as [number, number];
    expect(missed).toBeGreaterThan(before.at(-1)! + 3 * EVERY * 1000);
    expect(missed).toBeGreaterThan(began - EVERY * 1000);
    expect(next).toBeGreaterThan(began);
  });

  it('runs every one of them, in order, with "all"', async () => {
    const { before, after, caughtUp } = await withPause('all', 7);
    const slots = [...before, ...after];
    // No hole: each slot is there, with keys of its own.
    expect(slots).toEqual(slots.map((_, index) => slots[0]! + index * EVERY * 1000));
    expect(caughtUp.length).toBeGreaterThanOrEqual(4);
    expect(caughtUp).toEqual(after.slice(0, caughtUp.length));
  });

  it('lets them go with "none"', async () => {
    const { before, after, began, kinds } = await withPause('none', 1);
    expect(new Set(kinds)).toEqual(new Set(['scheduled']));
    expect(after[0]).toBeGreaterThan(began);
    expect(after[0]).toBeGreaterThan(before.at(-1)! + 3 * EVERY * 1000);
  });

  it('makes up for one slot of a schedule that was changed meanwhile', async () => {
    const { before, after, caughtUp } = await withPause('all', 1, { schedule: '0 0 1 1 *' });
    expect(after).toEqual(caughtUp);
    expect(after).toHaveLength(1);
    expect(after[0]).toBeGreaterThan(before.at(-1)!);
  });
});

describe('a run that does not come to its end with its daemon', () => {
  it.each([
    ['killed', 'PROCESS_DIED'],
    ['interrupted', 'INTERRUPTED'],
  ])('is made up for: %s', async (how, code) => {
    const place = await site.place();
    const daemon = place.start('daemon');
    await daemon.waitForLine(/daemon runs/);
    // A slot that does not come again within the test, of a run that cannot end by itself.
    const soon = new Date(Date.now() + 8000);
    const schedule = `${soon.getUTCSeconds()} ${soon.getUTCMinutes()} * * * *`;
    place.writeSpec('slow', slowSpec(600, { schedule }));
    await daemon.waitForLine(/ reading /);
    daemon.kill(how === 'killed' ? 'SIGKILL' : 'SIGTERM');
    if (how === 'interrupted') {
      await daemon.waitForLine(/daemon stops/);
      daemon.kill('SIGTERM');
    }
    await daemon.exit;
    expect(await place.remains()).toMatchObject({ keys: [] });

    place.writeSpec('slow', slowSpec(0.4, { schedule }));
    await runDaemon(place, 1);
    const runs = await history(place, 'slow');
    expect(runs.map(({ kind, status, error }) => [kind, status, error?.code ?? null])).toEqual([
      ['scheduled', 'failed', code],
      ['catch_up', 'succeeded', null],
    ]);
    expect(slotOf(runs[1])).toBe(slotOf(runs[0]));
    expect(await published(place)).toEqual([slotOf(runs[0])]);
  });
});

it('shows the slots that were skipped while a run went on', async () => {
  const place = await site.place();
  place.writeSpec('slow', slowSpec(3, { schedule: '* * * * * *' }));
  await runDaemon(place, 1);
  const runs = await history(place, 'slow');
  const skipped = runs.find(({ status }) => status === 'skipped');
  expect(skipped).toMatchObject({ kind: 'scheduled', error: { code: 'ALREADY_RUNNING' } });
  expect(skipped?.error?.message).toMatch(/(were|was) skipped: the run for .* had not ended\.$/);
  const first = runs.find(({ status }) => status === 'succeeded');
  expect(slotOf(skipped)).toBeGreaterThan(slotOf(first));
});
