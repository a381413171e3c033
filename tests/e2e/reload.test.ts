/** SIGHUP: the daemon reads its config again while runs go on. */
import { globSync, writeFileSync } from 'node:fs';
import type { RunningCli } from '../support/cli.ts';
import { waitFor } from '../support/wait-for.ts';
import { startGate } from './gate.ts';
import { mailAbout } from './mail.ts';
import { openSite, type Place, type Site } from './site.ts';
import { regionsSpec } from './specs.ts';

const EVERY_SECOND = '* * * * * *';
const NEVER_SOON = '0 3 1 1 *';
const READ_AGAIN = /config and specs have been read again/;

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.stop());

async function started(place: Place): Promise<RunningCli> {
  const daemon = place.start('daemon');
  await daemon.waitForLine(/daemon runs/);
  return daemon;
}

type Settings = Readonly<Record<string, unknown>>;

/** Changes the config, and has the daemon read it. @returns the line that says what came of it. */
async function reload(place: Place, daemon: RunningCli, config: Settings): Promise<string> {
  const outcome = /been read again|was read again/;
  const before = daemon.lines().filter((line) => outcome.test(line)).length;
  writeFileSync(place.configFile, JSON.stringify({ ...place.config, ...config }));
  daemon.kill('SIGHUP');
  return waitFor(
    'the config is read again',
    () => daemon.lines().filter((line) => outcome.test(line))[before] ?? null,
  );
}

/** The sink of the config, with another bucket. */
function sinks(place: Place, changes: Settings): Settings {
  const { s3 } = place.config['sinks'] as { s3: Settings };
  return { sinks: { s3: { ...s3, ...changes } } };
}

it('has the next runs work with another sink, while runs in progress end with the old one', async () => {
  const gate = await startGate(site.s3.endpoint);
  const place = await site.place({ sink: { endpoint: gate.endpoint } });
  const bucket = await site.s3.bucket();
  place.writeSpec('regions', regionsSpec({ schedule: EVERY_SECOND }));
  gate.holdMatching(/partNumber=/);
  const daemon = await started(place);
  await gate.held();
  const line = await reload(place, daemon, sinks(place, { bucket, endpoint: site.s3.endpoint }));
  expect(line).toMatch(/INFO .*changed=sinks\.s3$/);
  expect(await place.remains()).toMatchObject({ keys: [] });
  gate.open();
  await daemon.waitForLine(/run succeeded/);
  const manifest = await waitFor('a manifest in the other bucket', async () => {
    const keys = await site.s3.list(bucket);
    return keys.find((key) => key.includes('_manifest_')) ?? null;
  });
  // The run that was held has ended where it began, and nothing has followed it there.
  const keys = await place.keys();
  expect(keys).toEqual([
    expect.stringMatching(/^regions\/_manifest_\d{14}\.json$/),
    expect.stringMatching(/^regions\/regions_\d{14}\.csv$/),
  ]);
  expect(manifest > keys[0]!).toBe(true);
  const { code, stderr } = await daemon.stop();
  expect([code, / ERROR /.test(stderr)]).toEqual([0, false]);
  await gate.stop();
});

it('counts connections of runs that began with the old config, which had no cap', async () => {
  const gate = await startGate(site.s3.endpoint);
  const place = await site.place({ sink: { endpoint: gate.endpoint } });
  place.writeSpec('regions', regionsSpec({ schedule: EVERY_SECOND }));
  gate.holdMatching(/partNumber=/);
  const daemon = await started(place);
  await gate.held();
  const { mysql } = place.config['sources'] as { mysql: Settings };
  await reload(place, daemon, { sources: { mysql: { ...mysql, max_connections: 2 } } });
  place.writeSpec('other', regionsSpec({ task_name: 'other', schedule: EVERY_SECOND }));
  await daemon.waitForLine(/INFO +other run waits .*max_connections, 2, are in use/);
  expect(await place.remains()).toMatchObject({ keys: [] });
  gate.open();
  await daemon.waitForLine(/other run goes on/);
  await daemon.waitForLine(/other run succeeded/);
  expect((await daemon.stop()).code).toBe(0);
  await gate.stop();
});

it('refuses a config that cannot be used with all its faults, and goes on with the old one', async () => {
  const place = await site.place();
  place.writeSpec('regions', regionsSpec({ schedule: EVERY_SECOND }));
  const daemon = await started(place);
  const line = await reload(place, daemon, { max_concurrent_tasks: 0, timezone: 'Europe/Berlon' });
  expect(line).toMatch(/ERROR .*the old one stays in force code=CONFIG_INVALID faults=2$/);
  await daemon.waitForLine(/ERROR .*config\.json:1:\d+ max_concurrent_tasks: found 0/);
  await daemon.waitForLine(/ERROR .*config\.json:1:\d+ timezone: .*Europe\/Berlin/);
  const runs = (): number => daemon.lines().filter((text) => text.includes('run succeeded')).length;
  const before = runs();
  await waitFor('more runs', () => (runs() > before + 1 ? true : null));
  writeFileSync(place.configFile, '{');
  daemon.kill('SIGHUP');
  await waitFor('a second refusal', () =>
    daemon.lines().filter((text) => text.includes('stays in force')).length === 2 ? true : null,
  );
  expect((await daemon.stop()).code).toBe(0);
});

it('reads secrets in files again, and shows neither the old nor the new one', async () => {
  const place = await site.place();
  const secret = place.path('password');
  writeFileSync(secret, 'wrong-password\n');
  const { mysql } = place.config['sources'] as { mysql: Settings };
  writeFileSync(
    place.configFile,
    JSON.stringify({ ...place.config, sources: { mysql: { ...mysql, password: `\${file:${secret}}` } } }),
  );
  place.writeSpec('regions', regionsSpec({ schedule: EVERY_SECOND }));
  const daemon = await started(place);
  await daemon.waitForLine(/run failed.*code=ACCESS_DENIED/);
  writeFileSync(secret, `${site.database.password}\n`);
  daemon.kill('SIGHUP');
  expect(await daemon.waitForLine(READ_AGAIN)).toContain('changed=sources.mysql');
  await daemon.waitForLine(/run succeeded/);
  // Both are secrets from now on, wherever they turn up: as the name of a task, too.
  place.writeSpec('other', regionsSpec({ task_name: 'wrong-password', schedule: EVERY_SECOND }));
  await daemon.waitForLine(/\[redacted\] run succeeded/);
  const { stderr } = await daemon.stop();
  expect(stderr).not.toContain('wrong-password');
  expect(stderr).not.toContain(site.database.password);
});

it('puts mails, logs and the number of runs in force, and judges specs by the new names', async () => {
  const place = await site.place({ config: { smtp: null } });
  const { mysql } = place.config['sources'] as { mysql: Settings };
  const smtp = {
    host: site.mailbox.host,
    port: site.mailbox.port,
    from: 'tidemark@example.com',
    admin: 'data-platform@example.com',
  };
  place.writeSpec(
    'replica',
    regionsSpec({ task_name: 'replica', source: 'replica', schedule: EVERY_SECOND }),
  );
  place.writeSpec(
    'broken',
    regionsSpec({ task_name: 'reload_broken', table: { name: 'gone' }, schedule: NEVER_SOON }),
  );
  const daemon = await started(place);
  await daemon.waitForLine(/spec cannot be used.*replica/);

  const line = await reload(place, daemon, {
    sources: { mysql, replica: mysql },
    smtp,
    max_concurrent_tasks: 7,
    log_rotation: { max_mb: 0.0005 },
    http: { host: '127.0.0.1', port: place.httpPort + 1 },
    specs_dir: '/elsewhere',
  });
  expect(line).toContain('changed="sources.replica, smtp, max_concurrent_tasks, log_rotation"');
  await daemon.waitForLine(/WARN .*need a restart; they stay as they were settings="specs_dir, http"/);
  await daemon.waitForLine(/replica run succeeded/);
  expect((await fetch(`http://127.0.0.1:${place.httpPort}/readyz`)).status).toBe(200);
  expect(globSync('tidemark_*.log', { cwd: place.path('logs') })).not.toEqual([]);

  place.writeSpec(
    'broken',
    regionsSpec({ task_name: 'reload_broken', table: { name: 'gone' }, schedule: EVERY_SECOND }),
  );
  await mailAbout(site.mailbox, 'reload_broken');
  expect((await daemon.stop()).code).toBe(0);
});

it('reads the config once more where it changed while it was read', async () => {
  const place = await site.place();
  place.writeSpec('regions', regionsSpec({ schedule: NEVER_SOON }));
  const daemon = await started(place);
  for (let time = 0; time < 20; time++) daemon.kill('SIGHUP');
  writeFileSync(place.configFile, JSON.stringify({ ...place.config, timezone: 'Europe/Berlin' }));
  daemon.kill('SIGHUP');
  await daemon.waitForLine(/have been read again changed=timezone/);
  const tasks = await (await fetch(`http://127.0.0.1:${place.httpPort}/api/tasks`)).json();
  expect(tasks).toMatchObject({
    tasks: [{ timezone: 'Europe/Berlin', next_fire: expect.stringMatching(/T02:00/) }],
  });
  expect((await daemon.stop()).code).toBe(0);
});
