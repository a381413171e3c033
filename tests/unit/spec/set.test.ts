import { duplicateTasks, taskNameIn } from '../../../src/spec/set.ts';
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

  it('knows the files beside the list, and finds no fault with them', () => {
    const others = [named('a', 'specs/1.json'), named('a', 'specs/2.json'), named('c', 'specs/3.json')];
    const faults = duplicateTasks([named('b', 'x.json'), named('c', 'y.json')], others);
    expect(faults.map(({ file, message }) => [file, message.slice(0, 35)])).toEqual([
      ['y.json', 'found "c", which specs/3.json alrea'],
    ]);
  });

  it('finds nothing where all names differ, if only in case', () => {
    expect(duplicateTasks([named('a', '1.json'), named('A', '2.json')])).toEqual([]);
  });
});

describe('taskNameIn', () => {
  it.each([
    ['{"task_name": "a", "unknown": 1}', 'a'],
    ['\ufeff{"task_name": "a"}', 'a'],
    ['{"task_name": 7}', null],
    ['{"task_name": ', null],
    ['["task_name"]', null],
    ['"task_name"', null],
    ['null', null],
    ['', null],
    ['{"__proto__": {"task_name": "a"}}', null],
  ])('%j names %j', (text, name) => {
    expect(taskNameIn(text)).toBe(name);
  });
});
