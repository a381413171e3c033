/** Custom queries whose ORDER BY is said again around them. */
import { orderOnMariaDb } from '../../../src/plan/query-order.ts';

const NAMES = ['id', 'Name', 'a`b'];
const MOST = '\nLIMIT 18446744073709551615';

it.each([
  ['SELECT * FROM t ORDER BY id', 'ORDER BY q.`id`'],
  ['SELECT * FROM t order\nby id desc, name ASC', 'ORDER BY q.`id` DESC, q.`Name` ASC'],
  ['SELECT * FROM t ORDER BY 2, `a``b`', 'ORDER BY q.`Name`, q.`a``b`'],
  ['SELECT * FROM t ORDER BY id LIMIT 5', 'ORDER BY q.`id`'],
  ['SELECT * FROM t ORDER BY id LIMIT 5, 7', 'ORDER BY q.`id`'],
  ['SELECT * FROM t ORDER BY id LIMIT 5 OFFSET 7', 'ORDER BY q.`id`'],
  ['(SELECT * FROM t) ORDER BY /* the key */ id -- ascending', 'ORDER BY q.`id`'],
  ['SELECT * FROM (SELECT * FROM t ORDER BY x) s ORDER BY id', 'ORDER BY q.`id`'],
])('%s', (sql, outside) => {
  expect(orderOnMariaDb(sql, NAMES)).toEqual({ inside: sql, outside, kept: true });
});

it.each(['SELECT * FROM t', "SELECT * FROM t WHERE name = ' ORDER BY id'", 'SELECT * FROM t -- ORDER BY id'])(
  'has none to say: %s',
  (sql) => {
    expect(orderOnMariaDb(sql, NAMES)).toEqual({ inside: sql, outside: null, kept: true });
  },
);

it.each([
  ['SELECT * FROM t ORDER BY t.id', MOST],
  ['SELECT * FROM t ORDER BY UPPER(name)', MOST],
  ['SELECT * FROM t ORDER BY other', MOST],
  ['SELECT * FROM t ORDER BY 4', MOST],
  ['SELECT * FROM t ORDER BY other LIMIT 5', ''],
  ['(SELECT * FROM t ORDER BY id)', MOST],
])('cannot say it outside, and is not sure to keep it: %s', (sql, added) => {
  expect(orderOnMariaDb(sql, NAMES)).toEqual({ inside: `${sql}${added}`, outside: null, kept: false });
});

it('takes the order of a query within it for none of its own', () => {
  const sql = 'SELECT id, SUM(n) OVER (ORDER BY id) AS name FROM t';
  expect(orderOnMariaDb(sql, NAMES)).toMatchObject({ outside: null, kept: true });
});
