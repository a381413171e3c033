import {
  CAST_TYPES,
  castOf,
  FIELD_TYPES,
  fieldTypeOf,
  fieldTypeText,
} from '../../../src/spec/value-types.ts';

/** `decimal(p,s)` as somebody writes it. */
const example = (type: string): string =>
  type.replace('(p,s)', '(10,2)').replace('(n)', '(20)').replace('(f)', '(3)');

describe('types of JSON fields', () => {
  it('are those that messages list', () => {
    expect(FIELD_TYPES.map((type) => fieldTypeOf(example(type)))).not.toContain(null);
  });

  it.each([
    [' Decimal( 64 , 30 ) ', 'decimal(64,30)'],
    ['decimal(5)', 'decimal(5,0)'],
    ['BIGINT', 'bigint'],
    ['datetime', 'datetime(6)'],
    ['boolean', 'tinyint(1)'],
  ])('%s is %s', (text, type) => {
    expect(fieldTypeText(fieldTypeOf(text)!)).toBe(type);
  });

  it.each([
    '',
    'decimal',
    'decimal(65,2)',
    'decimal(5,6)',
    'decimal(0)',
    'decimal(40,31)',
    'int(5)',
    'toString',
  ])('%j is none', (text) => expect(fieldTypeOf(text)).toBeNull());
});

describe('casts', () => {
  it('are those that messages list', () => {
    expect(CAST_TYPES.map((type) => castOf(example(type)))).not.toContain(null);
  });

  it.each([
    ['VARCHAR(20)', 'CHAR(20)', 'varchar(20)'],
    ['text', 'CHAR', 'longtext'],
    ['bigint unsigned', 'UNSIGNED', 'bigint unsigned'],
    ['int', 'SIGNED', 'bigint'],
    ['numeric(10,2)', 'DECIMAL(10,2)', 'decimal(10,2)'],
    ['decimal', 'DECIMAL(10,0)', 'decimal(10,0)'],
    ['datetime(6)', 'DATETIME(6)', 'datetime(6)'],
    ['double', null, 'double'],
  ])('%s is CAST AS %s', (text, target, mysqlType) => {
    expect(castOf(text)).toMatchObject({ target, mysqlType });
  });

  it.each([
    'json',
    'float',
    'decimal(66,2)',
    'char(0)',
    'char(20,2)',
    'datetime(7)',
    'signed(5)',
    'date(1)',
    'x); --',
    'constructor',
  ])('%j is none', (text) => expect(castOf(text)).toBeNull());
});
