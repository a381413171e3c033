import { didYouMean, nearest, withNearest } from '../../src/nearest.ts';

describe('nearest', () => {
  const keys = ['task_name', 'table', 'source', 'sink', 'schedule', 'csv'];

  it.each([
    ['taskname', 'task_name'],
    ['TASK_NAME', 'task_name'],
    ['tabel', 'table'],
    ['schedual', 'schedule'],
    ['snik', 'sink'],
    ['tsv', 'csv'],
  ])('finds what %s was meant for', (word, expected) => {
    expect(nearest(word, keys)).toBe(expected);
  });

  it.each(['xyz', '', 'retries', 'x'.repeat(1_000_000)])('finds nothing near %s', (word) => {
    expect(nearest(word, keys)).toBeNull();
  });

  it('says so in a message, or nothing', () => {
    expect(didYouMean('snik', keys)).toBe(' Did you mean "sink"?');
    expect(didYouMean('xyz', keys)).toBe('');
    expect(withNearest('snik', keys)).toBe('snik (did you mean sink?)');
    expect(withNearest('xyz', keys, '"xyz"')).toBe('"xyz"');
  });
});
