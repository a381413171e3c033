/** A blackout, for who runs a task by hand, and for the daemon. */
import { waitFor } from '../support/wait-for.ts';
import { NOTHING, openSite, type Site } from './site.ts';
import { sampleSpec } from './specs.ts';

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.stop());

/** All of the day but a minute that is twelve hours away, in UTC. */
function nearlyAlways(): string[] {
  const minute = Math.floor(Date.now() / 60_000) + 720;
  const time = (at: number) => new Date(at * 60_000).toISOString().slice(11, 16);
  return [`${time(minute + 1)}-${time(minute)}`];
}

it('refuses a run by hand with an exit code of its own, unless it is told to ignore it', async () => {
  const place = await site.place({ source: { blackout: nearlyAlways() } });
  place.writeSpec('employees', sampleSpec());
  const refused = await place.tidemark('run', '-s', 'specs/employees.json', '--json');
  expect(refused.code).toBe(3);
  expect(JSON.parse(refused.stdout)).toMatchObject({ status: 'skipped', error: { code: 'BLACKOUT' } });
  expect(await place.remains()).toEqual(NOTHING);
  const said = await place.tidemark('run', '-s', 'specs/employees.json');
  expect(said.stdout + said.stderr).toContain('--ignore-blackout');
  const forced = await place.tidemark('run', '-s', 'specs/employees.json', '--ignore-blackout', '--json');
  expect(forced.code).toBe(0);
  expect(JSON.parse(forced.stdout)).toMatchObject({ status: 'succeeded' });
});

it('puts slots off, and runs them once the spec has no blackout any more', async () => {
  const place = await site.place();
  const everySecond = { schedule: '* * * * * *' };
  place.writeSpec('employees', sampleSpec({ ...everySecond, blackout: nearlyAlways() }));
  const daemon = place.start('daemon');
  await daemon.waitForLine(/run waits for the end of the blackout/);
  expect(await place.remains()).toEqual(NOTHING);
  place.writeSpec('employees', sampleSpec({ ...everySecond, blackout: [] }));
  await waitFor('a manifest', async () => {
    const keys = await place.keys();
    return keys.some((key) => key.includes('_manifest_')) ? keys : null;
  });
  expect((await daemon.stop()).code).toBe(0);
});
