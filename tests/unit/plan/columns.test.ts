/** Which kind of value each type is, and how it is read. */
import { outputColumn, selectExpression, wrappedExpression } from '../../../src/plan/columns.ts';
import { column } from './sample.ts';

it.each([
  [
    'number',
    ['tinyint(1)', 'smallint', 'mediumint', 'int', 'bigint unsigned', 'decimal(65,30)', 'double', 'year'],
  ],
  ['float32', ['float', 'float(7,3)', 'float unsigned']],
  ['date', ['date']],
  ['datetime', ['datetime(6)']],
  ['timestamp', ['timestamp']],
  ['bit', ['bit(64)']],
  ['binary', ['binary(16)', 'varbinary(3)', 'tinyblob', 'blob', 'mediumblob', 'longblob', 'vector(3)']],
  [
    'text',
    [
      'char(3)',
      'varchar(3)',
      'tinytext',
      'text',
      'mediumtext',
      'longtext',
      "enum('a')",
      "set('a')",
      'time(6)',
      'point',
      'uuid',
      'inet6',
    ],
  ],
  ['json', ['json']],
])('%s', (kind, types) => {
  expect(types.map((type) => outputColumn(column('c', type)).kind)).toEqual(types.map(() => kind));
});

it.each([
  ['int', '`c`'],
  ['double', '`c`'],
  ['double(10,2)', '`c` * 1e0 AS `c`'],
  ['float', '`c` * 1e0 AS `c`'],
  ['point', 'ST_AsText(`c`) AS `c`'],
  ['geomcollection', 'ST_AsText(`c`) AS `c`'],
  ['geometrycollection', 'ST_AsText(`c`) AS `c`'],
  ['multipolygon', 'ST_AsText(`c`) AS `c`'],
])('reads %s exactly', (type, expression) => {
  expect(selectExpression(column('c', type))).toBe(expression);
});

it('reads what a query returns as exactly', () => {
  const result = { name: 'c', mysqlType: 'float', nullable: true, kind: 'float32' } as const;
  expect(wrappedExpression(result)).toBe('`c` * 1e0 AS `c`');
  expect(wrappedExpression({ ...result, mysqlType: 'double', kind: 'number' })).toBe('`c`');
});
