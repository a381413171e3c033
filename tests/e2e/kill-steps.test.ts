/**
 * kill -9 at every step of an incremental run, before it and after it, while applications write to the tables: what
 * is published in the end holds every committed row once, and the newest version of each.
 */
import { readFileSync } from 'node:fs';
import { expectDone, openKillSite, type KillSite } from './kill/site.ts';
import { killAt, REQUESTS, TRANSACTIONS, type Step } from './kill/steps.ts';

const SEED = 20260301;

let site: KillSite;
beforeAll(async () => {
  site = await openKillSite({ seed: SEED });
});
afterAll(() => site.stop());

type Transaction = keyof typeof TRANSACTIONS;
type Request = keyof typeof REQUESTS;

function transactions(name: Transaction, ordinals: readonly number[] = [1]): [string, Step][] {
  return both(name, ordinals, { transaction: TRANSACTIONS[name] });
}

function requests(name: Request, ordinals: readonly number[] = [1]): [string, Step][] {
  return both(name, ordinals, { request: REQUESTS[name] });
}

function both(
  name: string,
  ordinals: readonly number[],
  which: { transaction: RegExp } | { request: RegExp },
): [string, Step][] {
  const moments = ['before', 'after'] as const;
  return ordinals.flatMap((ordinal) =>
    moments.map((moment): [string, Step] => [
      `${moment} ${name}${ordinals.length === 1 ? '' : ` ${ordinal}`}`,
      { ...which, moment, ordinal },
    ]),
  );
}

/** Whatever was killed, no part of a run is seen, and the next run sets all in order. */
async function expectNextRunInOrder(): Promise<void> {
  await site.expectNoPartOfARun();
  expectDone(await site.run().exit);
  await site.expectInOrder();
}

it('knows every transaction of a run', async () => {
  const trace = site.place.path('trace');
  expectDone(await site.run({ KILL_TRACE: trace }).exit);
  const seen = readFileSync(trace, 'utf8').trimEnd().split('\n');
  const names = seen.map((transaction) =>
    Object.entries(TRANSACTIONS)
      .filter(([, match]) => match.test(transaction))
      .map(([name]) => name),
  );
  expect(names.filter((matching) => matching.length !== 1)).toEqual([]);
  const once = ['lock', 'open', 'deaths', 'run row', 'committing', 'recorded'];
  const found = names.flat();
  expect(found.filter((name) => once.includes(name)).toSorted()).toEqual(once.toSorted());
  expect(new Set(found)).toEqual(new Set([...once, 'beginning', 'begun']));
  await site.expectInOrder();
});

it.each([
  ...transactions('run row'),
  ...transactions('beginning', [1, 3]),
  ...requests('begin', [1, 3]),
  ...transactions('begun', [1, 3]),
  ...requests('part', [1, 3]),
  ...transactions('committing'),
  ...requests('complete', [1, 3]),
  ...requests('manifest'),
  ...transactions('recorded'),
])('killed %s, leaves a whole run or nothing', async (_, step) => {
  expect(await killAt(site, step)).toBe('SIGKILL');
  await expectNextRunInOrder();
});

const HALF_PREPARED: Step = { request: REQUESTS.part, ordinal: 2, moment: 'after' };
const HALF_COMMITTED: Step = { request: REQUESTS.complete, ordinal: 1, moment: 'after' };

it.each([...requests('abort'), ...transactions('undone'), ...transactions('deaths')])(
  'killed %s while it clears away a half-prepared run, leaves a whole run or nothing',
  async (_, step) => {
    expect(await killAt(site, HALF_PREPARED)).toBe('SIGKILL');
    expect(await killAt(site, step)).toBe('SIGKILL');
    await expectNextRunInOrder();
  },
);

it.each([
  ...requests('look at manifest'),
  ...requests('complete', [2]),
  ...requests('manifest'),
  ...transactions('recorded'),
])('killed %s while it finishes a half-committed run, leaves a whole run or nothing', async (_, step) => {
  expect(await killAt(site, HALF_COMMITTED)).toBe('SIGKILL');
  expect(await killAt(site, step)).toBe('SIGKILL');
  await expectNextRunInOrder();
});

it('has published every committed row once, and the newest version of each', async () => {
  const { entries, accounts, manifests } = await site.expectAllDelivered();
  expect(entries).toBeGreaterThan(2000);
  expect(accounts).toBe(200);
  expect(manifests).toBeGreaterThan(40);
  await site.expectInOrder();
});
