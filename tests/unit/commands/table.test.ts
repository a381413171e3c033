import { cut, tableLines } from '../../../src/commands/table.ts';

const columns = [
  { heading: 'TASK', least: 6 },
  { heading: 'ROWS', right: true },
  { heading: 'SCHEDULE', least: 4 },
];
const cells = [
  ['orders', '1,200', '0 3 * * *'],
  ['a-rather-long-name', '7', ''],
];

it('is as wide as what is in it, numbers to the right, and no blanks at the end', () => {
  expect(tableLines(columns, cells, null)).toEqual([
    'TASK                 ROWS  SCHEDULE',
    'orders              1,200  0 3 * * *',
    'a-rather-long-name      7',
  ]);
});

it('is cut where there is room to cut, until it fits', () => {
  const lines = tableLines(columns, cells, 30);
  expect(lines.map((line) => line.length <= 30)).toEqual([true, true, true]);
  expect(lines[2]).toMatch(/^a-rather-lo?…\s+7$/);
  expect(lines[1]).toContain('1,200');
});

it('is wider than it may be rather than losing what must not be cut', () => {
  expect(tableLines(columns, cells, 5)[1]).toBe('orders  1,200  0 3…');
});

it('cuts a text with an ellipsis', () => {
  expect([cut('orders', 6), cut('orders', 4), cut('orders', 0)]).toEqual(['orders', 'ord…', '…']);
});
