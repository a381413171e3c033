/** Of the wide table: numbers, of every width and precision, at both ends. */
import { column, type ValueColumns } from './value-column.ts';

/** A value of `digits` nines, `scale` of them behind the point. */
const nines = (digits: number, scale: number): string =>
  scale === 0 ? '9'.repeat(digits) : `${'9'.repeat(digits - scale) || '0'}.${'9'.repeat(scale)}`;

/** The smallest step there is with so many decimals. */
const step = (scale: number): string => (scale === 0 ? '1' : `0.${'0'.repeat(scale - 1)}1`);

export function integerColumns(): ValueColumns {
  const columns: ValueColumns = {};
  const widths = [
    ['TINYINT', 8, 'TINYINT', 'UTINYINT'],
    ['SMALLINT', 16, 'SMALLINT', 'USMALLINT'],
    ['MEDIUMINT', 24, 'INTEGER', 'UINTEGER'],
    ['INT', 32, 'INTEGER', 'UINTEGER'],
    ['BIGINT', 64, 'BIGINT', 'UBIGINT'],
  ] as const;
  for (const [type, width, duck, unsignedDuck] of widths) {
    const name = `c_${type.toLowerCase()}`;
    const half = 2n ** BigInt(width - 1);
    const ends = [`-${half}`, `${half - 1n}`];
    const unsigned = [`${half * 2n - 1n}`, '0', `${half}`];
    columns[name] = column('plain', duck)(type, ...ends, '0', '-1', '9007199254740993'.slice(0, width / 8));
    columns[`${name}_unsigned`] = column('plain', unsignedDuck)(`${type} UNSIGNED`, ...unsigned, '7');
    columns[`${name}_filled`] = column('filled', unsignedDuck)(`${type}(19) ZEROFILL`, ...unsigned, '42');
    columns[`${name}_needed`] = column('plain', duck)(`${type} NOT NULL`, ...ends, '0');
  }
  columns['c_bool'] = column('plain', 'TINYINT')('TINYINT(1)', '0', '1', '-1');
  columns['c_bigint_double'] = column('plain', 'BIGINT')('BIGINT', '9007199254740993', '-9007199254740993');
  columns['c_year'] = column('filled', 'USMALLINT')('YEAR', '0', '1901', '2155', '2026');
  for (const width of [1, 9, 32, 63, 64]) {
    const largest = `${2n ** BigInt(width) - 1n}`;
    columns[`c_bit${width}`] = column('bit', 'UBIGINT')(`BIT(${width})`, largest, '0', "b'1'");
  }
  columns['c_bit_needed'] = column('bit', 'UBIGINT')('BIT(8) NOT NULL', "b'11111111'", "b'0'", "b'101'");
  return columns;
}

export function fractionColumns(): ValueColumns {
  const columns: ValueColumns = {};
  const precisions = [
    [1, 0], [4, 2], [9, 0], [9, 9], [10, 2], [18, 0], [18, 18], [19, 4], [38, 0], [38, 10], [38, 30], [39, 0],
    [30, 30], [65, 0], [65, 30],
  ] as const; // prettier-ignore
  for (const [precision, scale] of precisions) {
    const largest = nines(precision, scale);
    const duck = precision > 38 ? 'VARCHAR' : `DECIMAL(${precision},${scale})`;
    const values = [largest, `-${largest}`, '0', step(scale), `-${step(scale)}`];
    columns[`c_decimal_${precision}_${scale}`] = column('decimal', duck)(`DECIMAL(${precision},${scale})`, ...values);
  }
  const money = column('decimal', 'DECIMAL(10,2)');
  columns['c_decimal_unsigned'] = money('DECIMAL(10,2) UNSIGNED', '99999999.99', '0.10', '0');
  columns['c_decimal_filled'] = { ...money('DECIMAL(10,2) ZEROFILL', '1.5', '0', '99999999.99'), says: 'filledDecimal' };
  columns['c_decimal_needed'] = column('decimal', 'DECIMAL(20,5)')('DECIMAL(20,5) NOT NULL', '-1.5', '123456789012345.67891');
  const doubles = [
    '0', '-0e0', '1', '0.1', '-0.3', '1e15', '1e16', '123456789012345680000', '1.5e300', '1.7976931348623157e308',
    '-1.7976931348623157e308', '2.2250738585072014e-308', '2.225073858507201e-308', '-5e-324', '1e-310',
    '0.30000000000000004', '9007199254740993', '3.141592653589793',
  ]; // prettier-ignore
  const floats = [
    '0', '-0e0', '1', '0.1', '-0.3333333', '16777217', '3.4028234e38', '-3.4028234e38', '1.17549435e-38', '1e-45',
    '-1.1e-40', '123456.789', '9999999', '8388608.5', '1e10', '1e15', '1e-5', '1023.99994', '1000.00006',
  ]; // prettier-ignore
  columns['c_double'] = column('double', 'DOUBLE')('DOUBLE', ...doubles);
  columns['c_double_needed'] = column('double', 'DOUBLE')('DOUBLE NOT NULL', '-1e-310', '1e23', '0.5');
  columns['c_double_10_2'] = column('double', 'DOUBLE')('DOUBLE(10,2)', '1.1', '-99999999.99', '0.1', '0');
  columns['c_double_22_0'] = column('double', 'DOUBLE')('DOUBLE(22,0)', '12345678901234567890', '7');
  columns['c_float'] = column('float', 'FLOAT')('FLOAT', ...floats);
  columns['c_float_unsigned'] = column('float', 'FLOAT')('FLOAT UNSIGNED', '0.7', '0', '1e-44');
  columns['c_float_7_2'] = column('float', 'FLOAT')('FLOAT(7,2)', '1.1', '12345.67', '-99999.99');
  columns['c_float_needed'] = column('float', 'FLOAT')('FLOAT NOT NULL', '0.1', '-1e-45', '1e30');
  return columns;
} // prettier-ignore
