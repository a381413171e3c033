/** The sweeper in a bucket that others use, too: every request it makes is looked at. */
import { sweep } from '../../src/publish/sweep.ts';
import type { PendingUpload } from '../../src/ports.ts';
import { s3Sink, type S3Sink } from '../../src/sinks/s3/sink.ts';
import { NEVER, testInstallation, type TestInstallation } from '../support/installation.ts';
import { startS3, type TestS3 } from '../support/s3.ts';
import { startS3Proxy, type S3Proxy } from '../support/s3-proxy.ts';

const KEY = 'exports/staff/employees_20260701030000.csv';
const META = { contentType: 'text/csv', runId: 'somebody' };
const DAY_MS = 86_400_000;

let s3: TestS3;
let proxy: S3Proxy;
let here: TestInstallation;
let others: S3Sink;
beforeAll(async () => {
  s3 = await startS3();
  proxy = await startS3Proxy(s3.endpoint);
  here = await testInstallation({ sink: { endpoint: proxy.endpoint } });
  others = s3Sink({ ...here.sink, endpoint: s3.endpoint });
});
afterAll(async () => {
  others.close();
  await here.close();
  await proxy.stop();
  await s3.stop();
});

const begin = (key: string): Promise<PendingUpload> => others.begin(key, META, NEVER);

/** An upload of a run that was undone. It is open, as if it had come back. */
async function undone(runId: string, key: string): Promise<PendingUpload> {
  const upload = await begin(key);
  const journal = here.installation.journal.open({ runId, task: 'staff', sink: 's3' });
  journal.beginning(key);
  journal.begun(key, upload.uploadId);
  journal.closed();
  return upload;
}

const open = async (): Promise<string[]> =>
  (await s3.openUploads(here.bucket)).map(({ uploadId }) => uploadId).toSorted();

it('aborts exactly what this installation began, and touches nothing else', async () => {
  const foreign = [
    await begin(KEY),
    await begin(`${KEY}.gz`),
    await begin(KEY.slice(0, -1)),
    await begin('exports/staff/employees_20260701040000.csv'),
    await begin('elsewhere'),
  ].map(({ uploadId }) => uploadId);
  const objects = [KEY, `${KEY}.gz`, 'exports/staff/_manifest_20260701030000.json', 'elsewhere'];
  for (const key of objects) await others.put(key, Buffer.from('published'), META);
  const ours = await undone('run-1', KEY);
  const gone = await undone('run-2', 'exports/staff/gone.csv');
  await others.abort(gone);

  const from = proxy.requests().length;
  const tomorrow = new Date(Date.now() + DAY_MS);
  await sweep(here.installation, tomorrow, NEVER);
  const asked = proxy
    .requests()
    .slice(from)
    .map(({ method, url }) => {
      const { pathname, searchParams } = new URL(url, proxy.endpoint);
      const [, , ...key] = pathname.split('/');
      return [method, key.join('/'), searchParams.get('prefix'), searchParams.get('uploadId')];
    });
  expect(asked).toEqual([
    ['GET', '', KEY, null],
    ['DELETE', KEY, null, ours.uploadId],
    ['GET', '', 'exports/staff/gone.csv', null],
  ]);
  expect(await open()).toEqual(foreign.toSorted());
  expect(await s3.list(here.bucket)).toEqual(objects.toSorted());

  // What had come back is kept for another day; what was gone is forgotten.
  const kept = here.installation.aborted.uploads();
  expect(kept).toEqual([{ sink: 's3', key: KEY, uploadId: ours.uploadId, abortedAt: tomorrow }]);
  await sweep(here.installation, new Date(tomorrow.getTime() + DAY_MS), NEVER);
  expect(here.installation.aborted.uploads()).toEqual([]);
  expect(await open()).toEqual(foreign.toSorted());
});

it('keeps what it could not look at, and finds it the next day', async () => {
  const upload = await undone('run-3', 'exports/staff/later.csv');
  const rule = proxy.fail({ status: 403, match: /uploads/ });
  await sweep(here.installation, new Date(), NEVER);
  rule.remove();
  expect(await open()).toContain(upload.uploadId);
  await sweep(here.installation, new Date(), NEVER);
  expect(await open()).not.toContain(upload.uploadId);
});
