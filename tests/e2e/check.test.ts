/** `tidemark check`: every fault of config and specs at once; with `--connect` also what they name. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { grantReader } from '../support/mysql.ts';
import { startS3Proxy } from '../support/s3-proxy.ts';
import { startMailbox } from '../support/smtp.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { waitFor } from '../support/wait-for.ts';
import { NOTHING, openSite, type Site } from './site.ts';
import { regionsSpec, sampleSpec } from './specs.ts';

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.stop());

interface CheckDocument {
  readonly ok: boolean;
  readonly specs: number;
  readonly faults: { file: string; line: number; column: number; path: string; message: string }[];
  readonly findings: {
    readonly severity: string;
    readonly code: string;
    readonly scope: string;
    readonly name: string | null;
    readonly tasks: string[];
    readonly places: { file: string; line: number; column: number; path: string }[];
    readonly message: string;
    readonly remedy: string | null;
    readonly remedy_kind: string | null;
  }[];
}

/** How a bucket encrypts is the affair of the endpoint that the tests run on. */
const isTrouble = ({ severity, code }: CheckDocument['findings'][number]): boolean =>
  severity !== 'info' && !code.startsWith('ENCRYPTION');

const BAD = `{
  "task_name": "bad",
  "tabel": { "name": "regions" },
  "table": { "name": "regions", "filters": { "region_id": { "condition": "==", "metric": 1 } } },
  "schedule": "61 * * * *",
  "owner": { "email": "nobody" },
  "source": "mysql", "sink": "s4"
}
`;

it('lists every fault of the folder with line, column and what is allowed', async () => {
  const place = await site.place();
  place.writeSpec('good', regionsSpec());
  const bad = place.writeSpec('bad', BAD);
  const torn = place.writeSpec('torn', '{ "task_name": "torn",');

  const json = await place.tidemark('check', '--json');
  const document = JSON.parse(json.stdout) as CheckDocument;
  expect([json.code, document.ok, document.specs]).toEqual([2, false, 3]);
  const inBad = document.faults.filter(({ file }) => file === bad);
  expect(inBad.map(({ line, path }) => [line, path]).toSorted((a, b) => Number(a[0]) - Number(b[0]))).toEqual(
    [
      [3, 'tabel'],
      [4, 'table.filters.region_id.condition'],
      [5, 'schedule'],
      [6, 'owner.email'],
      [7, 'sink'],
    ],
  );
  expect(inBad.find(({ path }) => path === 'tabel')).toMatchObject({
    column: 3,
    message: expect.stringContaining('Did you mean "table"') as unknown,
  });
  expect(document.faults.filter(({ file }) => file === torn)).not.toEqual([]);

  const text = await place.tidemark('check');
  expect(text.code).toBe(2);
  for (const { file, line, column } of document.faults)
    expect(text.stdout).toContain(`${file}:${line}:${column}`);
  expect(text.stdout).toContain('2 of 3 specs are not valid');
});

it('finds a task name that two files have', async () => {
  const place = await site.place();
  place.writeSpec('a', regionsSpec());
  place.writeSpec('b', regionsSpec());
  const result = await place.tidemark('check');
  expect(result.code).toBe(2);
  expect(result.stdout).toMatch(/b\.json.*"regions".*a\.json/);
});

it('looks at the named files alone', async () => {
  const place = await site.place();
  const good = place.writeSpec('good', regionsSpec());
  place.writeSpec('bad', BAD);
  const result = await place.tidemark('check', good, '--json');
  expect([result.code, JSON.parse(result.stdout)]).toEqual([
    0,
    { ok: true, specs: 1, faults: [], findings: [] },
  ]);
});

it('lists the faults of the config', async () => {
  const place = await site.place();
  const config = JSON.stringify(
    { ...place.config, timezone: 'Mars/Olympus', max_concurent_tasks: 3 },
    null,
    2,
  );
  writeFileSync(place.configFile, config);
  const result = await place.tidemark('check', '--json');
  expect(result.code).toBe(2);
  const { error } = JSON.parse(result.stdout) as { error: { code: string; message: string } };
  expect(error.code).toBe('CONFIG_INVALID');
  expect(error.message).toMatch(/config\.json:\d+:\d+ .*Did you mean "max_concurrent_tasks"/);
  expect(error.message).toContain('Mars/Olympus');
});

it('checks a thousand specs', async () => {
  const place = await site.place();
  for (let n = 0; n < 1000; n++) {
    place.writeSpec(`task${n}`, sampleSpec({ task_name: `task${n}`, schedule: `${n % 60} * * * *` }));
  }
  const result = await place.tidemark('check', '--json');
  expect([result.code, JSON.parse(result.stdout)]).toEqual([
    0,
    { ok: true, specs: 1000, faults: [], findings: [] },
  ]);
});

describe('with --connect', () => {
  it('tries every task, bucket and mail server, and leaves nothing behind', async () => {
    const reader = await grantReader(site.database);
    const place = await site.place({ source: { ...reader } });
    place.writeSpec('employees', sampleSpec());
    place.writeSpec('regions', regionsSpec());
    const result = await place.tidemark('check', '--connect', '--json');
    const document = JSON.parse(result.stdout) as CheckDocument;
    expect([result.code, document.ok]).toEqual([0, true]);
    const scopes = document.findings.map(({ scope, code }) => `${scope} ${code}`);
    expect(scopes).toEqual(
      expect.arrayContaining(['source SERVER', 'sink BUCKET', 'smtp SMTP', 'spec ROWS_SCANNED']),
    );
    const scanned = document.findings.filter(({ code }) => code === 'ROWS_SCANNED');
    expect(scanned.map(({ tasks }) => tasks)).toEqual([['employees'], ['regions']]);
    expect(await place.remains()).toEqual(NOTHING);
    expect(site.mailbox.mails()).toEqual([]);
  });

  it('says in CI what is missing, where, and what to paste, all at once', async () => {
    const reader = await grantReader(site.database, ['regions', 'jobs', 'employees']);
    const bucket = await startS3Proxy(site.s3.endpoint);
    bucket.fail({ status: 403, match: /countries/ });
    const mailbox = await startMailbox();
    mailbox.refuse('connection');
    const place = await site.place({
      source: { ...reader },
      sink: { endpoint: bucket.endpoint, prefix: 'hr/' },
      smtp: { port: mailbox.port },
    });
    place.writeSpec('regions', regionsSpec());
    const countries = place.writeSpec(
      'countries',
      regionsSpec({ task_name: 'countries', table: [{ name: 'jobs' }, { name: 'countries' }] }),
    );
    const employees = place.writeSpec(
      'employees',
      sampleSpec({ table: { name: 'employees', split_order: 'salary' } }),
    );
    const result = await place.tidemark('check', '--connect', '--json');
    const { ok, findings } = JSON.parse(result.stdout) as CheckDocument;
    expect([result.code, ok]).toEqual([2, false]);

    const { name } = site.database;
    const worse = findings.filter(isTrouble);
    expect(worse.map(({ severity, code, scope }) => `${severity} ${scope} ${code}`)).toEqual([
      'error sink S3_ACCESS_DENIED',
      'error smtp MAIL_FAILED',
      'error spec PRIVILEGE_MISSING',
      'warning spec SPLIT_UNINDEXED',
    ]);
    const [denied, mail, grant, order] = worse;
    expect(denied).toMatchObject({ name: 's3', tasks: ['countries'], remedy_kind: 'policy' });
    expect(JSON.parse(denied!.remedy!)).toMatchObject({
      Version: '2012-10-17',
      Statement: [{ Resource: [`arn:aws:s3:::${place.bucket}/hr/countries/*`] }, {}],
    });
    expect(mail!.message).toContain('refused: connection');
    expect(grant).toMatchObject({
      tasks: ['countries'],
      places: [{ file: countries, path: 'table[1].name' }],
      remedy: `GRANT SELECT ON \`${name}\`.\`countries\` TO '${reader.user}'@'%';`,
      remedy_kind: 'sql',
    });
    expect(order).toMatchObject({
      places: [{ file: employees, path: 'table.split_order' }],
      remedy: `CREATE INDEX \`employees_salary\` ON \`${name}\`.\`employees\` (\`salary\`);`,
    });

    // What is pasted helps, and then all is well.
    await site.database.connection.query(`${grant!.remedy} ${order!.remedy}`);
    await bucket.stop();
    mailbox.refuse(null);
    const fixed = await site.place({ source: { ...reader }, smtp: { port: mailbox.port } });
    for (const task of ['countries', 'employees', 'regions'])
      fixed.writeSpec(task, JSON.parse(place.read('specs', `${task}.json`)));
    const again = await fixed.tidemark('check', '--connect');
    expect([again.code, again.stdout]).toEqual([0, expect.stringContaining('\n0 errors, ')]);
    expect(again.stdout).not.toContain('UNINDEXED');
    await mailbox.stop();
  });

  it('asks a server that cannot be reached once, and shows nobody its password', async () => {
    const nobody = await startTcpProxy({ port: 1 });
    await nobody.stop();
    const place = await site.place({ source: { port: nobody.port, password: 'canary-4711' } });
    for (const task of ['a', 'b', 'c']) place.writeSpec(task, regionsSpec({ task_name: task }));
    const result = await place.tidemark('check', '--connect');
    expect(result.code).toBe(2);
    expect(result.stdout.match(/SERVER_UNREACHABLE/g)).toHaveLength(1);
    expect(result.stdout).toMatch(/SERVER_UNREACHABLE: .*\n +tasks a, b, c\n/);
    expect(result.stdout + result.stderr).not.toContain('canary-4711');
  });

  it('tries every source and sink of a config that has no specs yet', async () => {
    const place = await site.place({ sink: { prefix: 'later/' } });
    const result = await place.tidemark('check', '--connect', '--json');
    const { specs, findings } = JSON.parse(result.stdout) as CheckDocument;
    expect([result.code, specs]).toEqual([0, 0]);
    expect(findings.map(({ code }) => code)).toEqual(expect.arrayContaining(['SERVER', 'BUCKET', 'SMTP']));
    expect(findings.find(({ code }) => code === 'BUCKET')!.message).toContain('under later/.');
  });

  it('ends a trial upload also when it is interrupted', async () => {
    const bucket = await startS3Proxy(site.s3.endpoint);
    const hanging = bucket.hang({ method: 'PUT' });
    const place = await site.place({ sink: { endpoint: bucket.endpoint } });
    place.writeSpec('regions', regionsSpec());
    const check = place.start('check', '--connect');
    await waitFor('the part that hangs', () => (hanging.hits() > 0 ? true : null));
    check.kill('SIGINT');
    const { code } = await check.exit;
    expect(code).toBe(4);
    expect(await place.remains()).toEqual(NOTHING);
    await bucket.stop();
  });

  it('leaves one trial upload at most where it may not abort them', async () => {
    const bucket = await startS3Proxy(site.s3.endpoint);
    bucket.fail({ method: 'DELETE', status: 403 });
    const place = await site.place({ sink: { endpoint: bucket.endpoint } });
    for (const task of ['a', 'b', 'c']) place.writeSpec(task, regionsSpec({ task_name: task }));
    const result = await place.tidemark('check', '--connect', '--json');
    const { findings } = JSON.parse(result.stdout) as CheckDocument;
    await bucket.stop();
    expect(result.code).toBe(2);
    expect(
      findings
        .filter(({ scope, severity }) => scope === 'sink' && severity !== 'info')
        .map(({ code }) => code),
    ).toEqual(expect.arrayContaining(['S3_ACCESS_DENIED', 'BUCKET_UPLOAD_LEFT']));
    expect((await place.remains()).uploads).toEqual(['a/_tidemark_check']);
  });

  it('looks at a thousand specs through one connection', async () => {
    const proxy = await startTcpProxy({ host: site.database.host, port: site.database.port });
    const place = await site.place({ source: { port: proxy.port, ...(await grantReader(site.database)) } });
    for (let n = 0; n < 1000; n++) place.writeSpec(`task${n}`, regionsSpec({ task_name: `task${n}` }));
    let most = 0;
    const watch = setInterval(() => (most = Math.max(most, proxy.connections())), 5);
    const result = await place.tidemark('check', '--connect', '--json');
    clearInterval(watch);
    await proxy.stop();
    const { findings } = JSON.parse(result.stdout) as CheckDocument;
    expect(result.code).toBe(0);
    expect(findings.filter(isTrouble)).toEqual([]);
    expect(findings.find(({ code }) => code === 'ROWS_SCANNED')?.tasks).toHaveLength(1000);
    expect(most).toBe(1);
    expect(await place.remains()).toEqual(NOTHING);
  });
});

it('says so where there is no specs folder, or a spec is a folder', async () => {
  const place = await site.place();
  mkdirSync(place.path('specs/folder.json'));
  const odd = await place.tidemark('check', '--json');
  expect(odd.code).toBe(2);
  rmSync(place.path('specs'), { recursive: true });
  const gone = await place.tidemark('check', '--json');
  expect(gone.code).toBe(2);
  expect(JSON.parse(gone.stdout)).toMatchObject({ error: { code: 'CONFIG_INVALID' } });
});
