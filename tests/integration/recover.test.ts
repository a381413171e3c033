/** A process killed at any step leaves what the next one finishes or clears away: never a part of a run. */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { RunReport } from '../../src/domain/run.ts';
import { recoverAll } from '../../src/recovery.ts';
import { loadLargeTable } from '../support/hr.ts';
import { testInstallation, type Manifest, type TestInstallation } from '../support/installation.ts';

const CHILD = path.join(import.meta.dirname, '../support/interrupted-run.ts');

let here: TestInstallation;
beforeAll(async () => {
  here = await testInstallation({ config: { batch_threshold_mb: 0.1 } });
  await loadLargeTable(here.database.connection, 3000);
  await here.database.connection.query(
    'CREATE TABLE small (id INT PRIMARY KEY); INSERT INTO small VALUES (1)',
  );
});
afterAll(() => here.close());

let tasks = 0;

/** Runs two tables, one of them in batches, in a process that is killed at the step. */
async function interrupt(
  step: string,
): Promise<{ task: string; signal: string | null; report: RunReport | null }> {
  const task = `killed-${tasks++}`;
  const fields = { task_name: task, table: [{ name: 'small' }, { name: 'events' }] };
  const common = { owner: { email: 'o@example.com' }, source: 'mysql', sink: 's3' };
  const specFile = path.join(path.dirname(here.configFile), `${task}.json`);
  writeFileSync(specFile, JSON.stringify({ ...common, ...fields }));
  return new Promise((resolve) => {
    const args = ['--no-warnings', CHILD, here.configFile, specFile, step];
    const child = execFile(process.execPath, args, (_, stdout) => {
      const report = stdout === '' ? null : (JSON.parse(stdout) as RunReport);
      resolve({ task, signal: child.signalCode, report });
    });
  });
}

/** What there is of a task in the bucket, manifests apart from the rest. */
async function remains(task: string) {
  const { keys, uploads } = await here.traces();
  const own = keys.filter((key) => key.startsWith(`${task}/`));
  return {
    manifests: own.filter((key) => key.includes('/_manifest_')),
    objects: own.filter((key) => !key.includes('/_manifest_')),
    uploads: uploads.filter((key) => key.startsWith(`${task}/`)),
    journal: here.installation.journal.entries(task),
  };
}

async function expectWhole(task: string): Promise<void> {
  const { manifests, objects, uploads, journal } = await remains(task);
  expect(uploads).toEqual([]);
  expect(journal).toEqual([]);
  expect(manifests).toHaveLength(1);
  const manifest = JSON.parse((await here.s3.get(here.bucket, manifests[0]!)).toString()) as Manifest;
  expect(manifest.entries.map(({ key }) => key).toSorted()).toEqual(objects.toSorted());
  expect(manifest.rows).toBe(3001);
  expect(here.past(task)).toMatchObject([
    { status: 'succeeded', run_id: manifest['run_id'], manifest: manifests[0], rows: 3001, error: null },
  ]);
  for (const { key, meta } of manifest.entries) {
    expect(await here.s3.get(here.bucket, key)).toHaveLength(meta.content_length);
  }
}

const NOTHING = { manifests: [], objects: [], uploads: [], journal: [] };

it('is not killed at a step that is never reached: then the run is whole', async () => {
  const { task, signal, report } = await interrupt('before nothing');
  expect(signal).toBeNull();
  expect(report!.status).toBe('succeeded');
  await expectWhole(task);
});

describe('killed before the commit, is undone', () => {
  it.each([
    'before beginning',
    'after beginning',
    'before begin',
    'after begin',
    'before begun',
    'after begun',
    'before sendPart',
    'after sendPart',
    'before committing',
  ])('%s', async (step) => {
    const { task, signal } = await interrupt(step);
    expect(signal).toBe('SIGKILL');
    const left = await remains(task);
    expect(left.objects).toEqual([]);
    expect(left.manifests).toEqual([]);
    await recoverAll(here.installation, new AbortController().signal);
    expect(await remains(task)).toEqual(NOTHING);
    expect(here.past(task)).toMatchObject([{ status: 'failed', error: { code: 'PROCESS_DIED' } }]);
  });
});

describe('killed after the commit began, is finished', () => {
  it.each([
    'after committing',
    'before complete',
    'after complete',
    'before put',
    'after put',
    'before recorded',
    'after recorded',
  ])('%s', async (step) => {
    const { task, signal } = await interrupt(step);
    expect(signal).toBe('SIGKILL');
    await recoverAll(here.installation, new AbortController().signal);
    await expectWhole(task);
  });
});

describe('killed while a failed commit is undone, is undone', () => {
  it.each([
    'before undoing',
    'after undoing',
    'before remove',
    'after remove',
    'before abort',
    'after abort',
    'before closed',
  ])('%s', async (step) => {
    const { task, signal } = await interrupt(`failing put, ${step}`);
    expect(signal).toBe('SIGKILL');
    await recoverAll(here.installation, new AbortController().signal);
    // Until undoing was written down, everything is uploaded and the commit may as well be finished.
    if (step === 'before undoing') await expectWhole(task);
    else expect(await remains(task)).toEqual(NOTHING);
  });
});

it('the next run of the task clears away by itself, and is whole', async () => {
  const { task } = await interrupt('after sendPart');
  const { report } = await here.run({ task_name: task, table: [{ name: 'small' }] });
  expect(report.status).toBe('succeeded');
  const { objects, manifests, uploads, journal } = await remains(task);
  expect(objects).toEqual(report.files.map(({ key }) => key));
  expect([manifests, uploads, journal]).toEqual([[report.manifest], [], []]);
});

it('a run in progress is left alone', async () => {
  const { task } = await interrupt('after begun');
  const lock = here.installation.lockTask(task);
  await recoverAll(here.installation, new AbortController().signal);
  expect((await remains(task)).uploads.length).toBeGreaterThan(0);
  lock.release();
  await recoverAll(here.installation, new AbortController().signal);
  expect(await remains(task)).toEqual(NOTHING);
});
