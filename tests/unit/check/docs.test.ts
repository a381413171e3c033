/** docs/check.md names every code that a finding can have. */
import { readFileSync } from 'node:fs';
import { FINDINGS } from '../../../src/check/finding.ts';

it('lists the codes, and no others', () => {
  const [, table = ''] = readFileSync('docs/check.md', 'utf8').split('## Codes');
  const listed = [...table.matchAll(/^\| `(\w+)` +\| (.*?) +\|$/gm)].map(([, code, text]) => [code, text]);
  expect(listed).toEqual(Object.entries(FINDINGS));
});
