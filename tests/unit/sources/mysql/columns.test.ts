/** Result columns of custom queries, by type, flags and charset. */
import type { FieldPacket } from 'mysql2';
import { columnOfResult } from '../../../../src/sources/mysql/columns.ts';

const UTF8MB4 = 255;
const BINARY = 63;

function resultColumn(
  columnType: number,
  flags = 0,
  characterSet = BINARY,
): ReturnType<typeof columnOfResult> {
  return columnOfResult({ name: 'c', columnType, flags, characterSet } as unknown as FieldPacket);
}

it.each([
  [0, 'decimal', 'number'],
  [1, 'tinyint', 'number'],
  [2, 'smallint', 'number'],
  [3, 'int', 'number'],
  [4, 'float', 'float32'],
  [5, 'double', 'number'],
  [6, 'null', 'text'],
  [7, 'timestamp', 'timestamp'],
  [8, 'bigint', 'number'],
  [9, 'mediumint', 'number'],
  [10, 'date', 'date'],
  [11, 'time', 'text'],
  [12, 'datetime', 'datetime'],
  [13, 'year', 'number'],
  [16, 'bit', 'bit'],
  [242, 'vector', 'binary'],
  [245, 'json', 'json'],
  [246, 'decimal', 'number'],
  [255, 'geometry', 'text'],
  [252, 'blob', 'binary'],
  [253, 'varbinary', 'binary'],
  [254, 'binary', 'binary'],
  [777, 'varbinary', 'binary'],
])('type %i is %s, a %s', (type, mysqlType, kind) => {
  expect(resultColumn(type)).toEqual({ name: 'c', mysqlType, nullable: true, kind });
});

it('tells text from bytes by the charset', () => {
  expect(resultColumn(252, 0, UTF8MB4)).toMatchObject({ mysqlType: 'text', kind: 'text' });
  expect(resultColumn(253, 0, UTF8MB4)).toMatchObject({ mysqlType: 'varchar', kind: 'text' });
  expect(resultColumn(254, 0, UTF8MB4)).toMatchObject({ mysqlType: 'char', kind: 'text' });
});

it('reads flags: NOT NULL, unsigned, ENUM, SET', () => {
  expect(resultColumn(8, 1 | 32)).toMatchObject({ mysqlType: 'bigint unsigned', nullable: false });
  expect(resultColumn(13, 32)).toMatchObject({ mysqlType: 'year' });
  expect(resultColumn(254, 256, UTF8MB4)).toMatchObject({ mysqlType: 'enum', kind: 'text' });
  expect(resultColumn(254, 2048)).toMatchObject({ mysqlType: 'set', kind: 'text' });
});

it.each([
  [12, 2, 0, 'decimal(10,2)'],
  [11, 2, 32, 'decimal(10,2) unsigned'],
  [11, 0, 0, 'decimal(10,0)'],
  [67, 30, 0, 'decimal(65,30)'],
  [3, 5, 0, 'decimal'],
  [200, 0, 0, 'decimal'],
])(
  'a DECIMAL of %i characters and %i decimals with flags %i is %s',
  (columnLength, decimals, flags, type) => {
    const field = { name: 'd', columnType: 246, flags, columnLength, decimals } as unknown as FieldPacket;
    expect(columnOfResult(field).mysqlType).toBe(type);
  },
);
