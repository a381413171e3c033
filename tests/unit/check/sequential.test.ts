/** That one connection reads where several may. */
import { sequentialFindings } from '../../../src/check/sequential.ts';

const place = {
  task: 'orders',
  at: (...path: (string | number)[]) => ({ file: 'o.json', line: 1, column: 1, path: path.join('.') }),
};
const path = ['table', 0, 'name'];

it('is a warning where an index would change it, with the statement to be pasted', () => {
  const why =
    'orders.day has no index, so each range would look at the whole table. CREATE INDEX `orders_day` ON `shop`.`orders` (`day`);';
  expect(sequentialFindings(place, path, why)).toMatchObject([
    {
      severity: 'warning',
      code: 'READ_ALONE',
      places: [{ path: 'table.0.name' }],
      message:
        'Read over one connection: orders.day has no index, so each range would look at the whole table.',
      remedy: { kind: 'sql', text: 'CREATE INDEX `orders_day` ON `shop`.`orders` (`day`);' },
    },
  ]);
});

it('is said without alarm where it is as it should be', () => {
  expect(sequentialFindings(place, path, 'orders is small: about 0.1 MB.')).toMatchObject([
    { severity: 'info', code: 'READ_ALONE', remedy: null },
  ]);
  expect(sequentialFindings(place, path, undefined)).toEqual([]);
});
