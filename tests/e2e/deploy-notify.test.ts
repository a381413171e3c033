/** The daemon under a service manager that speaks systemd's protocol: the real program, the real kind of socket. */
import { existsSync, writeFileSync } from 'node:fs';
import { startNotifySocket, type NotifySocket } from '../support/notify-socket.ts';
import { waitFor } from '../support/wait-for.ts';
import { openSite, type Place, type PlaceChanges, type Site } from './site.ts';
import { regionsSpec, slowSpec } from './specs.ts';

const EVERY_SECOND = '* * * * * *';

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.stop());

/** A place whose commands have a socket to notify. */
async function notified(changes: PlaceChanges = {}): Promise<[Place, NotifySocket]> {
  const home = await site.place();
  const socket = await startNotifySocket(home.path('notify'));
  const env = { NOTIFY_SOCKET: home.path('notify'), ...changes.env };
  return [await site.place({ ...changes, env }), socket];
}

it('says READY once the specs are read, what it is doing, that it is alive, and STOPPING', async () => {
  const [place, socket] = await notified({ env: { WATCHDOG_USEC: '1000000' } });
  place.writeSpec('regions', regionsSpec({ schedule: '0 3 1 1 *' }));
  place.writeSpec('slow', slowSpec(600, { schedule: EVERY_SECOND }));
  let logAtReady = '';
  const ready = socket.waitForMessage(/^READY=1$/).then((message) => {
    logAtReady = existsSync(place.path('logs/tidemark.log')) ? place.read('logs/tidemark.log') : '';
    return message;
  });
  const daemon = place.start('daemon');
  expect(await ready).toEqual(['READY=1', expect.stringMatching(/^STATUS=2 tasks, \d running, 0 waiting$/)]);
  expect(socket.messages()[0]).toContain('READY=1');
  expect(logAtReady).toContain('specs read tasks=2');

  await socket.waitForMessage(/^STATUS=2 tasks, 1 running, 0 waiting$/);
  await waitFor('three signs of life', () =>
    socket.messages().filter((message) => message.includes('WATCHDOG=1')).length >= 3 ? true : null,
  );
  daemon.kill('SIGTERM');
  const stopping = await socket.waitForMessage(/^STOPPING=1$/);
  expect(stopping).toEqual([
    'STOPPING=1',
    expect.stringMatching(/^STATUS=the daemon is stopping; 2 tasks, \d running, 0 waiting$/),
  ]);
  daemon.kill('SIGTERM');
  expect((await daemon.exit).code).toBe(0);
  await socket.stop();
});

it('says when it reads its config again, and whether that can be used', async () => {
  const [place, socket] = await notified();
  place.writeSpec('regions', regionsSpec({ schedule: '0 3 1 1 *' }));
  const daemon = place.start('daemon');
  await socket.waitForMessage(/^READY=1$/);
  daemon.kill('SIGHUP');
  await socket.waitForMessage(/^RELOADING=1$/);
  await waitFor('READY again', () => (socket.messages().at(-1)?.[0] === 'READY=1' ? true : null));
  writeFileSync(place.configFile, '{}');
  daemon.kill('SIGHUP');
  await socket.waitForMessage(/^STATUS=the config has changed and cannot be used, see the log; 1 task/);
  const kinds = socket.messages().map(([first]) => first);
  expect(kinds).toEqual(['READY=1', 'RELOADING=1', 'READY=1', 'RELOADING=1', 'READY=1']);
  expect((await daemon.stop()).code).toBe(0);
  await socket.stop();
});

it('does not say READY where the daemon cannot start', async () => {
  const [place, socket] = await notified({ config: { specs_dir: '/nowhere' } });
  const daemon = await place.tidemark('daemon');
  expect(daemon.code).toBe(2);
  expect(socket.messages()).toEqual([]);
  await socket.stop();
});

it('runs all the same where nobody can be told, and says so once', async () => {
  const place = await site.place({ env: { NOTIFY_SOCKET: '/nowhere/notify', WATCHDOG_USEC: '500000' } });
  place.writeSpec('regions', regionsSpec({ schedule: EVERY_SECOND }));
  const daemon = place.start('daemon');
  await daemon.waitForLine(/WARN .*systemd cannot be told how the daemon is/);
  await daemon.waitForLine(/run succeeded/);
  const { code, stderr } = await daemon.stop();
  expect([code, stderr.match(/systemd cannot be told/g)]).toEqual([0, ['systemd cannot be told']]);
});
