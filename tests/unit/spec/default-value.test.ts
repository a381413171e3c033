import type { Literal } from '../../../src/domain/spec.ts';
import { defaultFault } from '../../../src/spec/default-value.ts';

const literal = (value: string | boolean | { number: string }): Literal =>
  typeof value === 'string'
    ? { kind: 'string', text: value }
    : typeof value === 'boolean'
      ? { kind: 'boolean', text: value ? 'TRUE' : 'FALSE' }
      : { kind: 'number', text: value.number };

describe('a default', () => {
  it.each<[Parameters<typeof literal>[0], string]>([
    [{ number: '0' }, 'int(11)'],
    ['-5', 'bigint'],
    [{ number: '255' }, 'tinyint(3) unsigned'],
    [{ number: '18446744073709551615' }, 'bigint(20) unsigned'],
    [true, 'tinyint(1)'],
    [{ number: '1.50' }, 'decimal(5,2)'],
    [{ number: '-999' }, 'decimal(3,0)'],
    [{ number: '0.001' }, 'decimal'],
    [{ number: '1e5' }, 'double'],
    ['2024-02-29', 'date'],
    ['2024-02-29 01:02:03.004', 'datetime(3)'],
    ['2024-02-29T01:02:03', 'timestamp'],
    ['{"a": 1}', 'json'],
    [{ number: '5' }, 'varchar(20)'],
    ['anything', 'longtext'],
    ['x', "enum('a','b')"],
  ])('%j fits %s', (value, type) => {
    expect(defaultFault(literal(value), type, 'it')).toBeNull();
  });

  it.each<[Parameters<typeof literal>[0], string, string]>([
    ['x', 'int(11)', 'found "x" for it. Allowed: a whole number'],
    [{ number: '1.5' }, 'int(11)', 'found 1.5 for it. Allowed: a whole number'],
    [{ number: '-1' }, 'int(10) unsigned', 'found -1'],
    [{ number: '128' }, 'tinyint(4)', 'found 128'],
    [{ number: '9223372036854775808' }, 'bigint(20)', 'found 9223372036854775808'],
    [true, 'int(11)', 'found true'],
    [{ number: '1.555' }, 'decimal(5,2)', 'found 1.555 for it. Allowed: a number of decimal(5,2).'],
    [{ number: '1000' }, 'decimal(5,2)', 'found 1000'],
    [{ number: '1e2' }, 'decimal(5,2)', 'found 1e2'],
    ['1e400', 'double', 'found "1e400"'],
    ['2023-02-29', 'date', 'found "2023-02-29" for it. Allowed: a date'],
    ['2024-02-29 01:02:03.0045', 'datetime(3)', 'Allowed: a time'],
    ['2024-02-29 25:02:03', 'datetime', 'Allowed: a time'],
    ['{', 'json', 'Allowed: the text of a JSON document'],
  ])('%j does not fit %s', (value, type, message) => {
    expect(defaultFault(literal(value), type, 'it')).toContain(message);
  });
});
