/** All or nothing: S3 fails in every way, at every request of a run, and nothing of the run is left behind. */
import type { ErrorCode } from '../../src/error-codes.ts';
import type { Installation } from '../../src/execute.ts';
import { recoverAll } from '../../src/recovery.ts';
import { s3Sink } from '../../src/sinks/s3/sink.ts';
import { mysqlSource } from '../../src/sources/mysql/snapshot.ts';
import { loadLargeTable } from '../support/hr.ts';
import { testInstallation, type TestInstallation } from '../support/installation.ts';
import { byHand } from '../support/runs.ts';
import { startS3, type TestS3 } from '../support/s3.ts';
import { startS3Proxy, type Rule, type S3Proxy } from '../support/s3-proxy.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';

// About 6.5 MB: two parts of 5 MiB and less.
const ROWS = 80_000;

let s3: TestS3;
let proxy: S3Proxy;
let here: TestInstallation;
beforeAll(async () => {
  s3 = await startS3();
  proxy = await startS3Proxy(s3.endpoint);
  here = await testInstallation({
    sink: { endpoint: proxy.endpoint, part_size_mb: 5, upload_concurrency: 2 },
  });
  await loadLargeTable(here.database.connection, ROWS);
  await here.database.connection.query(
    'CREATE TABLE small (id INT PRIMARY KEY); INSERT INTO small VALUES (1)',
  );
});
afterAll(async () => {
  await here.close();
  await proxy.stop();
  await s3.stop();
});

const BOTH = { table: [{ name: 'small' }, { name: 'events' }] };
let tasks = 0;

/** Runs both tables under a rule and looks what is left: in the bucket, on its way there, in the journal. */
async function run(rule: () => Rule, changes: Partial<Installation> = {}) {
  const task = `fault-${tasks++}`;
  const active = rule();
  const spec = here.spec({ task_name: task, ...BOTH });
  const { report, error } = await here.runSpec(spec, byHand(), changes);
  active.remove();
  const { keys, uploads } = await here.traces();
  const own = (key: string): boolean => key.startsWith(`${task}/`);
  return {
    task,
    report,
    error,
    hits: active.hits(),
    left: [...keys, ...uploads].filter(own),
    journal: here.installation.journal.entries(task),
  };
}

const CREATE = { method: 'POST', match: /\?uploads/ };
const PART = { method: 'PUT', match: /partNumber=/ };
const SECOND_PART = { method: 'PUT', match: /partNumber=2/ };
const COMPLETE = { method: 'POST', match: /uploadId=/ };
const COMPLETE_LARGE = { method: 'POST', match: /events_.*uploadId=/ };
const MANIFEST = { method: 'PUT', match: /_manifest_/ };

const refused: [string, () => Rule, ErrorCode, RegExp][] = [
  ['403 to beginning', () => proxy.fail({ ...CREATE, status: 403 }), 'S3_ACCESS_DENIED', /Allow s3:PutObject on arn:aws:s3:::tidemark-test-\w+\/fault/],
  ['403 to a part', () => proxy.fail({ ...SECOND_PART, status: 403 }), 'S3_ACCESS_DENIED', /Allow s3:PutObject on/],
  ['403 to completing', () => proxy.fail({ ...COMPLETE_LARGE, status: 403 }), 'S3_ACCESS_DENIED', /Allow s3:PutObject on/],
  ['403 to the manifest', () => proxy.fail({ ...MANIFEST, status: 403 }), 'S3_ACCESS_DENIED', /_manifest_/],
  ['no such bucket', () => proxy.fail({ ...CREATE, status: 404 }), 'BUCKET_MISSING', /bucket/],
  ['an expired token', () => proxy.fail({ ...PART, status: 400, code: 'ExpiredToken' }), 'S3_CREDENTIALS', /Renew/],
  ['a token that expires before completing', () => proxy.fail({ ...COMPLETE, status: 400, code: 'ExpiredToken' }), 'S3_CREDENTIALS', /Renew/],
  ['an unknown key', () => proxy.fail({ ...CREATE, status: 403, code: 'InvalidAccessKeyId' }), 'S3_CREDENTIALS', /Renew/],
  ['a wrong signature', () => proxy.fail({ ...CREATE, status: 403, code: 'SignatureDoesNotMatch' }), 'S3_CREDENTIALS', /Renew/],
  ['503 SlowDown for good', () => proxy.fail({ ...PART, status: 503 }), 'S3_THROTTLED', /spread schedules/],
  ['500 for good', () => proxy.fail({ ...SECOND_PART, status: 500 }), 'S3_UNAVAILABLE', /passes by itself/],
  ['500 to completing', () => proxy.fail({ ...COMPLETE_LARGE, status: 500 }), 'S3_UNAVAILABLE', /passes by itself/],
  ['an error inside a 200 to completing', () => proxy.fail({ ...COMPLETE_LARGE, status: 200, code: 'InternalError' }), 'S3_UNAVAILABLE', /passes by itself/],
  ['500 to the manifest', () => proxy.fail({ ...MANIFEST, status: 500 }), 'S3_UNAVAILABLE', /passes by itself/],
  ['a reset in mid-part', () => proxy.reset({ ...PART, match: /events_.*partNumber=1/, afterBytes: 1_000_000 }), 'S3_UNAVAILABLE', /network/],
  ['a reset while beginning', () => proxy.reset(CREATE), 'S3_UNAVAILABLE', /network/],
  ['a beginning that is done but never answered', () => proxy.reset({ ...CREATE, afterAnswer: true }), 'S3_UNAVAILABLE', /network/],
  ['an answer in another tongue', () => proxy.fail({ ...PART, status: 418, code: 'Teapot' }), 'S3_FAILED', /error code/],
]; // prettier-ignore

function expectNothingLeft(ended: Awaited<ReturnType<typeof run>>, code: ErrorCode, hint: RegExp): void {
  const { report, error, left, journal } = ended;
  expect(report).toMatchObject({ status: 'failed', error: { code }, files: [], manifest: null });
  expect(`${report.error!.message} ${report.error!.hint}`).toMatch(hint);
  expect(error!.cause).toBeDefined();
  expect(left).toEqual([]);
  expect(journal).toEqual([]);
}

it.each(refused)('%s ends the run and leaves nothing', async (_, rule, code, hint) => {
  const ended = await run(rule);
  expect(ended.hits).toBeGreaterThan(0);
  expectNothingLeft(ended, code, hint);
});

it('a part on which nothing moves ends the run and leaves nothing', async () => {
  // Nobody else is as impatient: a busy machine is slow to answer, too.
  const impatient = s3Sink({ ...here.sink, requestTimeoutMs: 1000 });
  const ended = await run(() => proxy.hang(SECOND_PART), { sink: () => impatient });
  impatient.close();
  expect(ended.hits).toBeGreaterThan(0);
  expectNothingLeft(ended, 'S3_UNAVAILABLE', /network/);
});

const passing: [string, () => Rule][] = [
  ['SlowDown twice', () => proxy.fail({ ...PART, status: 503, times: 2 })],
  ['500 once to each kind of request', () => proxy.fail({ status: 500, times: 3 })],
  ['a reset once in mid-part', () => proxy.reset({ ...SECOND_PART, afterBytes: 100_000, times: 1 })],
  ['a beginning whose answer is lost once', () => proxy.reset({ ...CREATE, afterAnswer: true, times: 1 })],
  ['a part whose answer is lost once', () => proxy.reset({ ...PART, afterAnswer: true, times: 1 })],
  ['a completion whose answer is lost once', () => proxy.reset({ ...COMPLETE, afterAnswer: true, times: 1 })],
  [
    'an error inside a 200 once',
    () => proxy.fail({ ...COMPLETE, status: 200, code: 'InternalError', times: 1 }),
  ],
  ['a manifest whose answer is lost once', () => proxy.reset({ ...MANIFEST, afterAnswer: true, times: 1 })],
];

it.each(passing)('%s is tried again, and the run is whole', async (_, rule) => {
  const { task, report, hits, left, journal } = await run(rule);
  expect(hits).toBeGreaterThan(0);
  expect(report.error).toBeNull();
  expect(left.toSorted()).toEqual([...report.files.map(({ key }) => key), report.manifest!].toSorted());
  expect(left).toHaveLength(3);
  expect(journal).toEqual([]);
  for (const file of report.files) expect(await s3.get(here.bucket, file.key)).toHaveLength(file.bytes);
  expect(report.manifest!.startsWith(`${task}/_manifest_`)).toBe(true);
});

it('a bucket that is out of reach for good is cleared when it can be reached again', async () => {
  const { task, report, left, journal } = await run(() =>
    proxy.fail({ match: /events_|uploadId=/, status: 500 }),
  );
  expect(report).toMatchObject({ status: 'failed', error: { code: 'S3_UNAVAILABLE' } });
  expect(left).toEqual([expect.stringMatching(/small_\d+\.csv$/)]);
  expect(journal).toMatchObject([{ task, phase: 'preparing' }]);
  await recoverAll(here.installation, new AbortController().signal);
  expect((await here.traces()).uploads).toEqual([]);
  expect(here.installation.journal.entries(task)).toEqual([]);
});

it('a commit that can neither be finished nor undone is undone before the task runs again', async () => {
  const rules: Rule[] = [];
  const { task, report, left, journal } = await run(() => {
    rules.push(proxy.fail({ method: 'DELETE', status: 403 }));
    return proxy.fail({ ...MANIFEST, status: 403 });
  });
  for (const rule of rules) rule.remove();
  expect(report).toMatchObject({ status: 'failed', error: { code: 'PUBLISH_INCOMPLETE' } });
  expect(left.length).toBeGreaterThan(0);
  expect(journal).toMatchObject([{ task, phase: 'undoing' }]);
  const again = await here.run({ task_name: task, table: { name: 'small' } });
  expect(again.report.error).toBeNull();
  const { keys, uploads } = await here.traces();
  expect(uploads).toEqual([]);
  expect(keys.filter((key) => key.startsWith(`${task}/`)).toSorted()).toEqual(
    [again.report.manifest!, again.report.files[0]!.key].toSorted(),
  );
});

it('an abort while parts are on their way leaves nothing', async () => {
  const rule = proxy.hang(SECOND_PART);
  const abort = new AbortController();
  const running = here.run({ task_name: 'aborted', ...BOTH }, abort.signal);
  while (rule.hits() === 0) await new Promise((resolve) => setImmediate(resolve));
  abort.abort(new Error('enough'));
  const { report } = await running;
  rule.remove();
  expect(report).toMatchObject({ status: 'failed', error: { message: 'enough' } });
  const { keys, uploads } = await here.traces();
  expect([...keys, ...uploads].filter((key) => key.startsWith('aborted/'))).toEqual([]);
  expect(here.installation.journal.entries('aborted')).toEqual([]);
});

it('a database connection cut while parts are on their way leaves nothing', async () => {
  const tcp = await startTcpProxy(here.database);
  const source = mysqlSource({ ...here.source, host: tcp.host, port: tcp.port });
  const spec = here.spec({ task_name: 'cut', ...BOTH });
  tcp.onBytes(5_700_000, () => tcp.cut('reset'));
  const { report } = await here.runSpec(spec, byHand(), { source: () => source });
  await tcp.stop();
  expect(report).toMatchObject({ status: 'failed', error: { code: 'CONNECTION_LOST', retryable: true } });
  const { keys, uploads } = await here.traces();
  expect([...keys, ...uploads].filter((key) => key.startsWith('cut/'))).toEqual([]);
  expect(here.installation.journal.entries('cut')).toEqual([]);
});

it('a sink that takes no more holds the database back', async () => {
  const tcp = await startTcpProxy(here.database);
  const source = mysqlSource({ ...here.source, host: tcp.host, port: tcp.port, tls: 'disabled' });
  const custom = "SELECT REPEAT('x', 4000) AS x FROM events WHERE id <= 20000";
  const spec = here.spec({ task_name: 'held', query: { custom } });
  const sink = here.installation.sink('s3');
  const gate = Promise.withResolvers<void>();
  const held: typeof sink = {
    ...sink,
    async begin(...args) {
      const upload = await sink.begin(...args);
      return { ...upload, sendPart: async (...part) => (await gate.promise, upload.sendPart(...part)) };
    },
  };
  const running = here.runSpec(spec, byHand(), { source: () => source, sink: () => held });
  for (let before = -1; before !== tcp.bytes() || before < 1_000_000;) {
    before = tcp.bytes();
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  // Of 80 MB: three parts of 5 MiB, and what sockets hold.
  expect(tcp.bytes()).toBeLessThan(35_000_000);
  gate.resolve();
  const { report } = await running;
  expect(report).toMatchObject({ status: 'succeeded', files: [{ rows: 20_000 }] });
  await tcp.stop();
});
