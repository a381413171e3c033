/** `tidemark run` of what cannot be run: exit codes, one document on stdout, nothing in the bucket. */
import { rmSync, writeFileSync } from 'node:fs';
import { reportOf } from './report.ts';
import { NOTHING, openSite, type Site } from './site.ts';
import { regionsSpec } from './specs.ts';

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.stop());

describe('a run that cannot be', () => {
  it.each([
    ['an unknown table', { table: { name: 'employes' } }, 'TABLE_UNKNOWN', 'employees'],
    [
      'an unknown column',
      { table: { name: 'regions', columns: ['region_nam'] } },
      'COLUMN_UNKNOWN',
      'region_name',
    ],
    [
      'a query that writes',
      { table: null, query: { custom: "SELECT nobody('x')" } },
      'QUERY_INVALID',
      'nobody',
    ],
    [
      'a broken regexp',
      { table: { name: 'regions', filters: { region_name: { condition: 'regexp', metric: '(' } } } },
      'QUERY_INVALID',
      '',
    ],
  ])('fails with exit code 1 for %s', async (_what, changes, code, nearest) => {
    const place = await site.place();
    const result = await place.tidemark(
      'run',
      '-s',
      place.writeSpec('regions', regionsSpec(changes)),
      '--json',
    );
    const report = reportOf(result);
    expect([result.code, report.status, report.error?.code]).toEqual([1, 'failed', code]);
    expect(`${report.error?.message} ${report.error?.hint}`).toContain(nearest);
    expect(report).toMatchObject({ files: [], manifest: null });
    expect(await place.remains()).toEqual(NOTHING);
  });

  it.each([
    ['a spec that is not valid', ['run', '-s', 'specs/bad.json'], 'SPEC_INVALID'],
    ['a spec that is not there', ['run', '-s', 'specs/none.json'], 'SPEC_UNREADABLE'],
    ['a port that is none', ['run', '-s', 'specs/regions.json', '-p', 'x'], 'USAGE'],
    ['a batch that is none', ['run', '-s', 'specs/regions.json', '-b', 'x'], 'CONFIG_INVALID'],
    ['an unknown option', ['run', '--spce', 'specs/regions.json'], 'USAGE'],
    ['an unknown command', ['rum'], 'USAGE'],
  ])('ends with exit code 2 for %s, and one document on stdout', async (_what, args, code) => {
    const place = await site.place();
    place.writeSpec('regions', regionsSpec());
    place.writeSpec('bad', regionsSpec({ task_name: 5 }));
    const result = await place.tidemark(...args, '--json');
    expect(result.code).toBe(2);
    const document = JSON.parse(result.stdout) as { error: Record<string, unknown> };
    expect(document.error['code']).toBe(code);
    expect(result.stderr).not.toBe('');
    expect(await place.remains()).toEqual(NOTHING);
  });

  it('ends with exit code 2 for a config that is not valid, or not there', async () => {
    const place = await site.place();
    place.writeSpec('regions', regionsSpec());
    writeFileSync(place.configFile, '{\n  "sources": {},\n  "sinkz": {}\n}\n');
    for (const found of [`${place.configFile}:3:3`, 'config.json']) {
      const result = await place.tidemark('run', '-s', 'specs/regions.json', '--json');
      const document = JSON.parse(result.stdout) as { error: { code: string; message: string } };
      expect([result.code, document.error.code]).toEqual([2, 'CONFIG_INVALID']);
      expect(document.error.message).toContain(found);
      rmSync(place.configFile, { force: true });
    }
  });
});
