import { KEY_PLACEHOLDERS, keyTemplateFaults } from '../../../src/spec/key-template.ts';

describe('keyTemplateFaults', () => {
  it.each([
    '{task}/dt={date}/{table}_{stamp}_{batch}.{ext}',
    'year={year}/month={month}/day={day}/{hour}{minute}-{run_id}.{ext}',
    '{table}',
    'latest/...{table}',
    KEY_PLACEHOLDERS.map((name) => `{${name}}`).join('_'),
  ])('takes %j', (template) => {
    expect(keyTemplateFaults(template, 2).filter((fault) => !fault.includes('{table}'))).toEqual([]);
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
    expect(keyTemplateFaults(template, 1)).toEqual([expect.stringContaining(expected)]);
  });

  it('needs {table} where several tables would share a key', () => {
    expect(keyTemplateFaults('{task}.{ext}', 1)).toEqual([]);
    expect(keyTemplateFaults('{task}.{ext}', 2)).toEqual([expect.stringContaining('Add {table}')]);
  });
});
