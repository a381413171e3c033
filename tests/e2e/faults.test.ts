/**
 * What goes wrong with the database and the bucket. Each failure has its code and its hint in the report and in the
 * owner's mail, and leaves nothing in the bucket.
 */
import type { RunError } from '../../src/domain/run.ts';
import { loadLargeTable } from '../support/hr.ts';
import { grantReader } from '../support/mysql.ts';
import { startS3Proxy, type S3Proxy } from '../support/s3-proxy.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';
import { waitFor } from '../support/wait-for.ts';
import { reportOf } from './report.ts';
import { NOTHING, openSite, type Place, type Site } from './site.ts';
import { regionsSpec, slowSpec, twoTablesSpec } from './specs.ts';
import { mailAbout, recipientOf } from './mail.ts';

const MID_STREAM = 500_000;

let site: Site;
let taskCount = 0;
beforeAll(async () => {
  site = await openSite();
  await loadLargeTable(site.database.connection, 30_000);
});
afterAll(() => site.stop());

/** A name of its own for each run, so that its mail is known among the others. */
function newTask(): string {
  return `faulty${++taskCount}`;
}

function eventsSpec(): Record<string, unknown> {
  return regionsSpec({ task_name: newTask(), table: { name: 'events' }, batch_threshold_mb: 1 });
}

/** The error of a run that has to fail; report, mail and bucket are held against what is promised of any failure. */
async function failureOf(place: Place, spec: Record<string, unknown>): Promise<RunError> {
  const task = String(spec['task_name']);
  const result = await place.tidemark('run', '-s', place.writeSpec(task, spec), '--json');
  const { status, error, files, manifest } = reportOf(result);
  expect([result.code, status, files, manifest]).toEqual([1, 'failed', [], null]);
  expect(await place.remains()).toEqual(NOTHING);

  const { code, hint } = error!;
  const mail = await mailAbout(site.mailbox, `${task} failed`);
  expect([mail.subject, recipientOf(mail)]).toEqual([
    `[tidemark] ${task} failed: ${code}`,
    'owner@example.com',
  ]);
  for (const form of [mail.text ?? '', String(mail.html)]) {
    expect(form).toContain('Nothing was published');
    expect(form).toContain('watermark is where it was');
    expect(form).toContain('run begins'); // from the run's log
  }
  expect(mail.text?.replaceAll(/\s+/g, ' ')).toContain(hint.replaceAll(/\s+/g, ' '));
  return error!;
}

function failure(code: string, hint: RegExp): object {
  return expect.objectContaining({ code, hint: expect.stringMatching(hint) as unknown }) as object;
}

describe('the database', () => {
  let proxy: TcpProxy;
  let place: Place;
  beforeEach(async () => {
    proxy = await startTcpProxy({ port: site.database.port });
    place = await site.place({ source: { port: proxy.port } });
  });
  afterEach(() => proxy.stop());

  it.each(['close', 'reset'] as const)('is cut off in mid-stream (%s)', async (how) => {
    proxy.onBytes(MID_STREAM, () => proxy.cut(how));
    expect(await failureOf(place, eventsSpec())).toEqual(failure('CONNECTION_LOST', /net_write_timeout/));
    expect(proxy.bytes()).toBeGreaterThanOrEqual(MID_STREAM);
  });

  it('hangs in mid-stream', async () => {
    const impatient = await site.place({ source: { port: proxy.port, idle_timeout: '2 seconds' } });
    proxy.onBytes(MID_STREAM, () => proxy.hang());
    expect(await failureOf(impatient, eventsSpec())).toEqual(failure('CONNECTION_SILENT', /firewalls/));
  });

  it('takes connections and says nothing', async () => {
    const impatient = await site.place({ source: { port: proxy.port, connect_timeout: '2 seconds' } });
    proxy.hang();
    expect(await failureOf(impatient, eventsSpec())).toEqual(failure('SERVER_UNREACHABLE', /host.*port/));
  });

  it('is down when the run begins', async () => {
    await proxy.refuse();
    expect(await failureOf(place, eventsSpec())).toEqual(failure('SERVER_UNREACHABLE', /host.*port/));
  });

  it.each([
    ['KILL QUERY', 'QUERY_TIMEOUT', /limit/],
    ['KILL', 'CONNECTION_LOST', /net_write_timeout/],
  ])('ends the query (%s)', async (statement, code, hint) => {
    const patient = await site.place();
    const failing = failureOf(patient, slowSpec(600, { task_name: newTask() }));
    const { connection } = site.database;
    await waitFor('the query', async () => {
      const [rows] = await connection.query(
        "SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND info LIKE 'SELECT region_id, SLEEP%'",
      );
      const [row] = rows as { id: string }[];
      if (row !== undefined) await connection.query(`${statement} ${row.id}`);
      return row ?? null;
    });
    expect(await failing).toEqual(failure(code, hint));
  });

  it('refuses the password', async () => {
    const wrong = await site.place({ source: { password: 'not-this-one' } });
    expect(await failureOf(wrong, regionsSpec({ task_name: newTask() }))).toEqual(
      failure('ACCESS_DENIED', /user and password/),
    );
  });

  it('refuses the table, and the hint is the exact GRANT', async () => {
    const reader = await grantReader(site.database, ['countries']);
    const limited = await site.place({ source: { ...reader } });
    const spec = regionsSpec({
      task_name: newTask(),
      query: { custom: 'SELECT * FROM regions' },
      table: null,
    });
    expect(await failureOf(limited, spec)).toEqual(
      failure(
        'PRIVILEGE_MISSING',
        new RegExp(`GRANT SELECT ON \`${site.database.name}\`.\`regions\` TO '${reader.user}'@'.+';`),
      ),
    );
  });

  it('has no such database', async () => {
    const wrong = await site.place({ source: { database: 'nowhere_to_be_found' } });
    expect(await failureOf(wrong, regionsSpec({ task_name: newTask() }))).toEqual(
      failure('DATABASE_UNKNOWN', /database/),
    );
  });
});

describe('the bucket', () => {
  let proxy: S3Proxy;
  let place: Place;
  beforeEach(async () => {
    proxy = await startS3Proxy(site.s3.endpoint);
    place = await site.place({ sink: { endpoint: proxy.endpoint } });
  });
  afterEach(() => proxy.stop());
  /** For requests that hang; a busy machine is slow to answer, too. */
  const impatient = (): Promise<Place> =>
    site.place({ sink: { endpoint: proxy.endpoint, request_timeout: '2 seconds' } });

  const CREATE = { method: 'POST', match: /\?uploads/ };
  const PART = { method: 'PUT', match: /partNumber=/ };
  const COMPLETE = { method: 'POST', match: /uploadId=/ };
  const MANIFEST = { method: 'PUT', match: /_manifest_/ };
  const ACTION = /s3:PutObject/;

  it.each([
    ['beginning an upload', CREATE],
    ['a part', PART],
    ['completing the second object', { ...COMPLETE, match: /regions_.*uploadId=/ }],
    ['the manifest', MANIFEST],
  ])('answers 403 to %s', async (_what, when) => {
    const rule = proxy.fail({ ...when, status: 403 });
    expect(await failureOf(place, twoTablesSpec({ task_name: newTask() }))).toEqual(
      failure('S3_ACCESS_DENIED', ACTION),
    );
    expect(rule.hits()).toBeGreaterThan(0);
  });

  it.each([
    [404, 'NoSuchBucket', 'BUCKET_MISSING', /bucket/],
    [400, 'ExpiredToken', 'S3_CREDENTIALS', /Renew/],
    [403, 'SignatureDoesNotMatch', 'S3_CREDENTIALS', /Renew/],
    [500, 'InternalError', 'S3_UNAVAILABLE', /endpoint/],
    [503, 'SlowDown', 'S3_THROTTLED', /prefix/],
  ])('answers %d %s to every part', async (status, s3Code, code, hint) => {
    proxy.fail({ ...PART, status, code: s3Code });
    expect(await failureOf(place, twoTablesSpec({ task_name: newTask() }))).toEqual(failure(code, hint));
  });

  it('resets every connection in mid-part', async () => {
    const rule = proxy.reset({ ...PART, afterBytes: 50_000 });
    expect(await failureOf(place, eventsSpec())).toEqual(failure('S3_UNAVAILABLE', /endpoint/));
    expect(rule.hits()).toBeGreaterThan(1); // it was tried again
  });

  it('hangs at every part', async () => {
    const rule = proxy.hang(PART);
    expect(await failureOf(await impatient(), regionsSpec({ task_name: newTask() }))).toEqual(
      failure('S3_UNAVAILABLE', /endpoint/),
    );
    expect(rule.hits()).toBeGreaterThan(1);
  });

  const WHOLE = [0, null, 30_000];
  /** How a run ended, and how many rows it wrote; what it reports is in the bucket, and nothing else. */
  async function runOf(at: Place): Promise<unknown[]> {
    const result = await at.tidemark('run', '-s', at.writeSpec('events', eventsSpec()), '--json');
    const report = reportOf(result);
    const written = [report.manifest ?? '', ...report.files.map(({ key }) => key)];
    expect(await at.remains()).toEqual({ keys: written, uploads: [] });
    return [result.code, report.error, report.tables[0]?.rows];
  }

  it.each([
    ['503 SlowDown twice', (at: S3Proxy) => at.fail({ ...PART, status: 503, times: 2 })],
    [
      'a 500 at each kind of request',
      (at: S3Proxy) =>
        [CREATE, PART, COMPLETE, MANIFEST].forEach((when) => at.fail({ ...when, status: 500, times: 1 })),
    ],
    ['a reset in mid-part', (at: S3Proxy) => at.reset({ ...PART, afterBytes: 50_000, times: 1 })],
    ['a part whose answer is lost', (at: S3Proxy) => at.reset({ ...PART, afterAnswer: true, times: 1 })],
    [
      'a completion whose answer is lost',
      (at: S3Proxy) => at.reset({ ...COMPLETE, afterAnswer: true, times: 1 }),
    ],
    [
      'a beginning whose answer is lost',
      (at: S3Proxy) => at.reset({ ...CREATE, afterAnswer: true, times: 1 }),
    ],
  ])('gets over %s', async (_what, disturb) => {
    disturb(proxy);
    expect(await runOf(place)).toEqual(WHOLE);
  });

  it('gets over a part that hangs once', async () => {
    const rule = proxy.hang({ ...PART, times: 1 });
    expect(await runOf(await impatient())).toEqual(WHOLE);
    expect(rule.hits()).toBe(1);
  });

  it('is out of reach for good in mid-run: the next run clears up what the first could not', async () => {
    const spec = place.writeSpec('events', eventsSpec());
    const rules = [proxy.reset(PART), proxy.reset({ method: 'DELETE' })];
    const first = await place.tidemark('run', '-s', spec, '--json');
    expect([first.code, reportOf(first).error?.code]).toEqual([1, 'S3_UNAVAILABLE']);
    expect((await place.remains()).uploads).not.toEqual([]);
    for (const rule of rules) rule.remove();

    const second = await place.tidemark('run', '-s', spec, '--json');
    expect([second.code, reportOf(second).status]).toEqual([0, 'succeeded']);
    expect((await place.remains()).uploads).toEqual([]);
  });
});
