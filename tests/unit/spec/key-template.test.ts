import { KEY_PLACEHOLDERS, keyTemplateFaults } from '../../../src/spec/key-template.ts';

const faults = (template: string, tables = 1, incremental = false) =>
  keyTemplateFaults(template, { tables, incremental });

describe('keyTemplateFaults', () => {
  it.each([
    '{task}/dt={date}/{table}_{stamp}_{batch}.{ext}',
    'year={year}/month={month}/day={day}/{hour}{minute}-{run_id}.{ext}',
    '{table}',
    'latest/...{table}',
    KEY_PLACEHOLDERS.map((name) => `{${name}}`).join('_'),
  ])('takes %j', (template) => {
    expect(faults(template, 2).filter((fault) => !fault.includes('{table}'))).toEqual([]);
  });

  it.each([
    ['', 'found an empty text'],
    ['/{table}', 'found "/" at the beginning'],
    ['{table}/', 'found an empty name'],
    ['a//{table}', 'found an empty name'],
    ['./{table}', 'found "."'],
    ['a/../{table}', 'found ".."'],
    ['{table}/..', 'found ".."'],
    ['a\\{table}', 'a backslash'],
    ['{table}\n', 'a control character'],
    ['{table}\u0085', 'a control character'],
    ['{table}\udc00', 'half of a character'],
    ['{tabel}', 'Did you mean "table"?'],
    ['{}', 'found the unknown placeholder "{}"'],
    ['{constructor}', 'found the unknown placeholder'],
    ['{table', 'without its other half'],
    ['{{table}}', 'without its other half'],
    ['{task}/_manifest_{stamp}.json', 'begins with "_manifest"'],
    ['{table}{batch}.csv', 'found {batch} next to'],
    ['{table}_{batch}{stamp}.csv', 'found {batch} next to'],
    [`${'x'.repeat(512)}{table}`, 'found 519 characters. Allowed: at most 512.'],
  ])('refuses %j', (template, expected) => {
    expect(faults(template)).toEqual([expect.stringContaining(expected)]);
  });

  it('needs {table} where several tables would share a key', () => {
    expect(faults('{task}.{ext}', 1)).toEqual([]);
    expect(faults('{task}.{ext}', 2)).toEqual([expect.stringContaining('Add {table}')]);
  });

  it.each(['{table}.{ext}', 'dt={date}/{hour}{minute}/{table}_{batch}.{ext}'])(
    'needs {stamp} or {run_id} where a later run would overwrite what is not read again: %s',
    (template) => {
      expect(faults(template, 1, false)).toEqual([]);
      expect(faults(template, 1, true)).toEqual([
        expect.stringContaining('found neither {stamp} nor {run_id}'),
      ]);
      expect(faults(`{stamp}/${template}`, 1, true)).toEqual([]);
      expect(faults(`{run_id}/${template}`, 1, true)).toEqual([]);
    },
  );
});
