import { duplicateTasks } from '../../../src/spec/set.ts';
import { parseSpec } from '../../../src/spec/parse.ts';
import { specText } from './documents.ts';

describe('duplicateTasks', () => {
  const named = (task_name: string, file: string) => parseSpec(specText({ task_name }), file);

  it('names both files, once for each spec that comes too late', () => {
    const faults = duplicateTasks([
      named('a', '1.json'),
      named('b', '2.json'),
      named('a', '3.json'),
      named('a', '4.json'),
    ]);
    expect(faults.map(({ file, path }) => [file, path])).toEqual([
      ['3.json', 'task_name'],
      ['4.json', 'task_name'],
    ]);
    expect(faults[0]!.message).toContain('found "a", which 1.json already uses');
  });

  it('finds nothing where all names differ, if only in case', () => {
    expect(duplicateTasks([named('a', '1.json'), named('A', '2.json')])).toEqual([]);
  });
});
