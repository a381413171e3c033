/** The daemon as its users see it: a folder that is watched, runs on schedule, and mails about what fails. */
import { appendFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningCli } from '../support/cli.ts';
import { waitFor } from '../support/wait-for.ts';
import { reportOf } from './report.ts';
import { openSite, type Place, type Site } from './site.ts';
import { regionsSpec, sampleSpec, slowSpec } from './specs.ts';
import { mailAbout, mailsAbout, recipientOf } from './mail.ts';

const EVERY_SECOND = '* * * * * *';
const NEVER_SOON = '0 3 1 1 *';

interface TaskView {
  readonly task: string;
  readonly file: string;
  readonly schedule: string | null;
  readonly next_fire: string | null;
  readonly running: boolean;
  readonly waiting: boolean;
  readonly invalid_edit: string | null;
  readonly last_run: { readonly status: string; readonly rows: number } | null;
}

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.stop());

async function startedDaemon(place: Place): Promise<RunningCli> {
  const daemon = place.start('daemon');
  await daemon.waitForLine(/daemon runs/);
  return daemon;
}

async function tasks(place: Place): Promise<TaskView[]> {
  const answer = await fetch(`http://127.0.0.1:${place.httpPort}/api/tasks`);
  return ((await answer.json()) as { tasks: TaskView[] }).tasks;
}

async function waitForTask(place: Place, what: string, test: (task: TaskView) => boolean): Promise<TaskView> {
  return waitFor(what, async () => (await tasks(place)).find(test) ?? null);
}

/** Keys of the data objects, in order of their stamps. */
async function objects(place: Place): Promise<string[]> {
  return (await place.keys()).filter((key) => !key.includes('_manifest_'));
}

it('runs a spec that is dropped into its folder, on schedule', async () => {
  const place = await site.place();
  const daemon = await startedDaemon(place);
  expect((await fetch(`http://127.0.0.1:${place.httpPort}/healthz`)).status).toBe(200);
  expect((await fetch(`http://127.0.0.1:${place.httpPort}/readyz`)).status).toBe(200);

  place.writeSpec('employees', sampleSpec({ schedule: '*/2 * * * * *' }));
  await waitFor('two runs', async () => ((await objects(place)).length >= 2 ? true : null));
  const view = await waitForTask(place, 'a last run', (task) => task.last_run !== null);
  expect((await daemon.stop()).code).toBe(0);

  expect(view).toMatchObject({ task: 'employees', last_run: { status: 'succeeded', rows: 82 } });
  const keys = await place.keys();
  for (const key of await objects(place)) {
    const stamp = /^employees\/employees_(\d{14})\.csv$/.exec(key)?.[1] ?? 'none';
    expect(Number(stamp.slice(-2)) % 2).toBe(0); // named after the time it was scheduled for
    expect(keys).toContain(`employees/_manifest_${stamp}.json`);
    expect((await place.text(key)).trimEnd().split('\n')).toHaveLength(83);
  }
  expect(await site.s3.openUploads(place.bucket)).toEqual([]);
});

it('follows edits, renames and deletions without a restart', async () => {
  const place = await site.place();
  const daemon = await startedDaemon(place);
  const file = place.writeSpec('regions', regionsSpec({ schedule: NEVER_SOON }));
  await waitForTask(place, 'the task', ({ task }) => task === 'regions');

  const narrow = {
    name: 'regions',
    columns: ['region_name'],
    filters: { region_id: { condition: '=', metric: 1 } },
  };
  place.writeSpec('regions', regionsSpec({ schedule: EVERY_SECOND, table: narrow }));
  const [first] = await waitFor('an object', async () =>
    (await objects(place)).length > 0 ? objects(place) : null,
  );
  expect(await place.text(first!)).toBe('region_name\nNorth\n');

  renameSync(file, place.path('specs/renamed.json'));
  await waitForTask(place, 'the new file', (task) => task.file.endsWith('renamed.json'));
  const renamed = (await tasks(place)).filter(({ task }) => task === 'regions');
  expect(renamed).toHaveLength(1);

  rmSync(place.path('specs/renamed.json'));
  await waitFor('no task', async () => ((await tasks(place)).length === 0 ? true : null));
  await daemon.waitForLine(/task removed/);
  const runs = (what: RegExp): number => daemon.lines().filter((line) => what.test(line)).length;
  await waitFor('the last run to end', () =>
    runs(/ regions run begins/) === runs(/ regions run succeeded/) ? true : null,
  );
  const settled = await place.keys();
  await sleep(2100);
  expect(await place.keys()).toEqual(settled);
  expect((await daemon.stop()).code).toBe(0);
});

it('waits for a file that is still being written', async () => {
  const place = await site.place({ smtp: { admin: 'half-admin@example.com' } });
  const daemon = await startedDaemon(place);
  const text = JSON.stringify(regionsSpec({ task_name: 'halves', schedule: NEVER_SOON }));
  const file = place.path('specs/halves.json');
  writeFileSync(file, text.slice(0, 40));
  // The daemon looks after a tenth of a second, and loses patience after a whole one.
  await sleep(200);
  appendFileSync(file, text.slice(40, 80));
  await sleep(200);
  appendFileSync(file, text.slice(80));
  await waitForTask(place, 'the task', ({ task }) => task === 'halves');
  await sleep(1500);
  expect((await daemon.stop()).code).toBe(0);
  const mails = site.mailbox.mails().filter((mail) => recipientOf(mail) === 'half-admin@example.com');
  expect(mails).toEqual([]);
});

it('keeps the last good version of a spec that turns to garbage, and tells its owner', async () => {
  const place = await site.place();
  const owner = { name: 'Gia', email: 'gia@example.com' };
  place.writeSpec('garbled', regionsSpec({ task_name: 'garbled', schedule: EVERY_SECOND, owner }));
  const daemon = await startedDaemon(place);
  await waitFor('a run', async () => ((await objects(place)).length > 0 ? true : null));

  const file = place.writeSpec('garbled', `{\n  "task_name": "garbled",\n  "tabel": []\n}\n`);
  const mail = await mailAbout(site.mailbox, 'garbled failed');
  expect(mail.subject).toBe('[tidemark] garbled failed: SPEC_INVALID');
  expect(recipientOf(mail)).toBe('gia@example.com');
  expect(mail.text).toContain(`${file}:3:3`);
  expect(mail.text).toContain('Did you mean "table"');
  expect(mail.text).toContain('stays scheduled');

  const before = await objects(place);
  await waitFor('runs of the last good version', async () =>
    (await objects(place)).length >= before.length + 2 ? true : null,
  );
  const view = await waitForTask(place, 'the task', ({ task }) => task === 'garbled');
  expect(view.invalid_edit).toContain(`${file}:3:3`);
  expect((await daemon.stop()).code).toBe(0);
  expect(mailsAbout(site.mailbox, 'garbled failed')).toHaveLength(1);
});

it('tells the administrator of a file that never was a spec', async () => {
  const place = await site.place({ smtp: { admin: 'garbage-admin@example.com' } });
  const daemon = await startedDaemon(place);
  place.writeSpec('noise', '\u0000\u0001 this is no JSON {{{');
  place.writeSpec('regions', regionsSpec({ schedule: EVERY_SECOND }));
  const mail = await mailAbout(site.mailbox, 'noise.json failed');
  expect([mail.subject, recipientOf(mail)]).toEqual([
    '[tidemark] noise.json failed: SPEC_INVALID',
    'garbage-admin@example.com',
  ]);
  await daemon.waitForLine(/regions run succeeded/);
  expect((await daemon.stop()).code).toBe(0);
});

it('shares its state folder with no other daemon', async () => {
  const place = await site.place();
  const first = await startedDaemon(place);
  const second = await place.tidemark('daemon');
  expect(second.code).toBe(3);
  expect(second.stderr).toMatch(new RegExp(`ALREADY_RUNNING.*process ${first.pid}`));
  expect((await fetch(`http://127.0.0.1:${place.httpPort}/readyz`)).status).toBe(200);
  expect((await first.stop()).code).toBe(0);
});

it('runs at most max_concurrent_tasks at once; the others wait for their turn', async () => {
  const place = await site.place({ config: { max_concurrent_tasks: 1 } });
  const schedule = '*/5 * * * * *';
  for (const name of ['one', 'two', 'three'])
    place.writeSpec(name, slowSpec(1, { task_name: name, schedule }));
  const daemon = await startedDaemon(place);
  await waitFor('a queue', async () => {
    const now = await tasks(place);
    expect(now.filter((task) => task.running).length).toBeLessThanOrEqual(1);
    return now.filter((task) => task.waiting).length === 2 ? true : null;
  });
  await waitFor('a run of each', async () => {
    const now = await tasks(place);
    expect(now.filter((task) => task.running).length).toBeLessThanOrEqual(1);
    return now.every((task) => task.last_run?.status === 'succeeded') ? true : null;
  });
  expect((await daemon.stop()).code).toBe(0);
});

it('refuses `tidemark run` of a task that it is running', async () => {
  const place = await site.place();
  const spec = place.writeSpec('slow', slowSpec(600, { schedule: EVERY_SECOND }));
  const daemon = await startedDaemon(place);
  await daemon.waitForLine(/ reading /);
  const result = await place.tidemark('run', '-s', spec, '--json');
  const report = reportOf(result);
  expect([result.code, report.status, report.error?.code]).toEqual([3, 'skipped', 'ALREADY_RUNNING']);
  expect(report.error?.message).toContain(String(daemon.pid));
  daemon.kill('SIGTERM');
  await daemon.waitForLine(/daemon stops/);
  daemon.kill('SIGTERM');
  expect((await daemon.exit).code).toBe(0);
});

it('does not let a task overlap with itself', async () => {
  const place = await site.place();
  place.writeSpec('slow', slowSpec(3, { schedule: EVERY_SECOND }));
  const daemon = await startedDaemon(place);
  await daemon.waitForLine(/run skipped: the previous run has not ended/);
  expect((await daemon.stop()).code).toBe(0);
  expect((await objects(place)).length).toBeGreaterThanOrEqual(1);
});

it('mails the owner what failed, for when, why, the cure, the SQL and the log', async () => {
  const place = await site.place();
  const owner = { name: 'Ola Ówner', email: 'ola@example.com' };
  const custom = 'SELECT (SELECT region_id FROM regions) AS too_many';
  place.writeSpec('broken', {
    ...slowSpec(1),
    task_name: 'broken',
    query: { custom },
    owner,
    schedule: EVERY_SECOND,
  });
  const daemon = await startedDaemon(place);
  const mail = await mailAbout(site.mailbox, 'broken failed');
  expect((await daemon.stop()).code).toBe(0);

  expect(mail.subject).toBe('[tidemark] broken failed: SOURCE_FAILED');
  expect(recipientOf(mail)).toBe('ola@example.com');
  for (const form of [mail.text ?? '', String(mail.html).replaceAll('&#39;', "'")]) {
    expect(form).toMatch(/Scheduled for \d{4}-\d\d-\d\d \d\d:\d\d:\d\d/);
    expect(form).toContain('(error 1242)');
    expect(form).toContain('AS too_many');
    expect(form).toContain('Nothing was published');
    expect(form).toContain('What happens next: the task runs again at');
    expect(form).toMatch(/run begins[^]*run failed/);
  }
  expect(await place.keys()).toEqual([]);
});

it('starts and says so where a spec in the folder is bad, and ends with exit code 2 where the folder is missing', async () => {
  const place = await site.place();
  place.writeSpec('bad', '{}');
  const daemon = await startedDaemon(place);
  expect((await daemon.stop()).code).toBe(0);

  rmSync(place.path('specs'), { recursive: true });
  const result = await place.tidemark('daemon', '--json');
  expect(result.code).toBe(2);
  expect((JSON.parse(result.stdout) as { error: { code: string } }).error.code).toBe('CONFIG_INVALID');
});
