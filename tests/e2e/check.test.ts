/** `tidemark check`: every fault of config and specs at once; with `--connect` also what they name. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { grantReader } from '../support/mysql.ts';
import { startS3Proxy } from '../support/s3-proxy.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
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
  readonly findings: { severity: string; subject: string; message: string; remedy: string | null }[];
}

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
    const place = await site.place();
    place.writeSpec('employees', sampleSpec());
    place.writeSpec('regions', regionsSpec());
    const result = await place.tidemark('check', '--connect', '--json');
    const document = JSON.parse(result.stdout) as CheckDocument;
    expect([result.code, document.ok]).toEqual([0, true]);
    const fine = document.findings.filter(({ severity }) => severity === 'ok').map(({ subject }) => subject);
    expect(fine).toEqual(['task employees', 'task regions', 'sink s3', 'smtp']);
    expect(await place.remains()).toEqual(NOTHING);
    expect(site.mailbox.mails()).toEqual([]);
  });

  it('says what is missing and how to get it, and ends with exit code 1', async () => {
    const reader = await grantReader(site.database, ['regions']);
    const bucket = await startS3Proxy(site.s3.endpoint);
    bucket.fail({ status: 403 });
    const nobody = await startTcpProxy({ port: 1 });
    await nobody.stop();
    const place = await site.place({
      source: { ...reader },
      sink: { endpoint: bucket.endpoint },
      smtp: { port: nobody.port },
    });
    place.writeSpec('regions', regionsSpec());
    place.writeSpec(
      'countries',
      regionsSpec({ task_name: 'countries', query: { custom: 'SELECT * FROM countries' }, table: null }),
    );
    const result = await place.tidemark('check', '--connect', '--json');
    const { findings } = JSON.parse(result.stdout) as CheckDocument;
    expect(result.code).toBe(1);
    const remedies = Object.fromEntries(
      findings.filter(({ severity }) => severity === 'error').map((found) => [found.subject, found.remedy]),
    );
    expect(remedies).toEqual({
      'task countries': expect.stringMatching(/^Run as an administrator: GRANT SELECT ON /),
      'sink s3': expect.stringContaining('s3:PutObject'),
      smtp: expect.stringContaining('smtp'),
    });
    await bucket.stop();
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
