/** Which tables a custom query names: what `check --connect` asks the server about, one by one. */
import { tablesNamed } from '../../../src/plan/query-tables.ts';

it.each([
  ['SELECT 1', []],
  ['SELECT a FROM orders', ['orders']],
  ['SELECT a FROM orders;', ['orders']],
  ['select a from orders o join customers as c on c.id = o.customer', ['orders', 'customers']],
  ['SELECT a FROM orders, customers c, shop.lines WHERE a IN (1, x)', ['orders', 'customers', 'shop.lines']],
  ['SELECT a FROM orders o JOIN c USING (id, at), d ORDER BY e, f', ['orders', 'c', 'd']],
  ['SELECT a FROM `order lines` JOIN `shop` . `a``b`', ['`order lines`', '`shop`.`a``b`']],
  ['SELECT a FROM orders LEFT OUTER JOIN (b CROSS JOIN c) ON 1 STRAIGHT_JOIN d', ['orders', 'b', 'c', 'd']],
  ['SELECT a FROM (orders, customers)', ['orders', 'customers']],
  ['SELECT a FROM ((orders))', ['orders']],
  ['SELECT a FROM (SELECT b, c FROM inner1 WHERE d = 1) q, z', ['inner1', 'z']],
  ['SELECT (SELECT MAX(x) FROM m), n FROM o WHERE EXISTS (SELECT 1 FROM p)', ['m', 'o', 'p']],
  ['SELECT a FROM x UNION ALL SELECT b, c FROM y', ['x', 'y']],
  ['(SELECT a FROM x) UNION (SELECT b FROM y LIMIT 1, 2)', ['x', 'y']],
  ['SELECT a FROM t t1, T t2', ['T']],
  ['SELECT a FROM größe', ['größe']],
  ['SELECT 1 FROM DUAL', []],
  // FROM that is followed by no table.
  ["SELECT EXTRACT(YEAR FROM d), TRIM(LEADING 'x' FROM s), SUBSTRING(s FROM 2) FROM t", ['t']],
  ['SELECT a FROM t USE INDEX FOR JOIN (i, j) IGNORE INDEX (k)', ['t']],
  ['SELECT a FROM t PARTITION (p0, p1) WHERE b = 1', ['t']],
  ["SELECT a FROM t, JSON_TABLE(t.doc, '$[*]' COLUMNS (x INT PATH '$.x', y INT PATH '$.y')) j", ['t']],
  ['SELECT a FROM t JOIN LATERAL (SELECT b FROM u) v', ['t', 'u']],
  // What stands in texts and comments is nothing.
  ["SELECT ' FROM nowhere' FROM t -- , u\n/* JOIN v */ # , w", ['t']],
  // Names that the query defines itself.
  ['WITH q AS (SELECT a FROM t) SELECT a FROM q', ['t']],
  [
    'WITH RECURSIVE q (n, m) AS (SELECT 1, 2 UNION SELECT n + 1, m FROM q), r AS (SELECT * FROM u) SELECT * FROM q, R',
    ['u'],
  ],
])('of %s', (sql, names) => {
  expect(tablesNamed(sql)).toEqual(names);
});
