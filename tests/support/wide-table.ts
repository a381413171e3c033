/** A table with a column of every type, rows at its edges, and what the server says each value is. */
import type { TypeTables } from './type-tables.ts';

export interface WideColumn {
  readonly type: string;
  /** SQL expressions, a row each; NULL in the rows behind. */
  readonly values: readonly string[];
  /** What the server is asked: text as in CSV, or hex of its UTF-8. `bits`: the binary protocol is. */
  readonly said: 'text' | 'utf8' | 'hex' | 'date' | 'bits' | 'wkt' | 'bit';
}

/** A type whose values the server says as text. */
const plain = (type: string, ...values: string[]): WideColumn => ({ type, values, said: 'text' });
const text = (type: string, ...values: string[]): WideColumn => ({ type, values, said: 'utf8' });
const bytes = (type: string, ...values: string[]): WideColumn => ({ type, values, said: 'hex' });
const date = (type: string, ...values: string[]): WideColumn => ({ type, values, said: 'date' });
const bits = (type: string, ...values: string[]): WideColumn => ({ type, values, said: 'bits' });

/** Texts that mean something to a reader of CSV, TSV or JSON, in UTF-8. */
const AWKWARD = [
  "''",
  "'a,b;c\\td'",
  '\'say "hi"\'',
  "'\"'",
  "'line\\nbreak\\r\\nand return\\r'",
  "'back\\\\slash \\\\N \\\\n'",
  "'NULL'",
  "' spaces '",
  "'é € 中 😀 \u2028'",
  '\'{"a": [1]}\'',
  'REPEAT(\'long, "text"\\n\', 7000)',
];

export function wideColumns({ server }: TypeTables): Record<string, WideColumn> {
  const old = server.flavor === 'mysql' && server.version[0] === 5;
  const geometry = (wkt: string): string => `${old ? '' : 'ST_'}GeomFromText('${wkt}')`;
  const wkt = (type: string, ...values: string[]): WideColumn => ({ type, values, said: 'wkt' });
  return {
    c_tinyint: plain('TINYINT', '-128', '127', '0'),
    c_bool: plain('TINYINT(1)', '0', '1'),
    c_smallint: plain('SMALLINT UNSIGNED', '65535', '0'),
    c_mediumint: plain('MEDIUMINT', '-8388608', '8388607'),
    c_int: plain('INT', '-2147483648', '2147483647'),
    c_bigint: plain('BIGINT', '-9223372036854775808', '9223372036854775807', '9007199254740993'),
    c_biguint: plain('BIGINT UNSIGNED', '18446744073709551615', '0'),
    c_zerofill: plain('INT(8) ZEROFILL', '42', '0', '4294967295'),
    c_decimal: plain('DECIMAL(65,30)', `${'9'.repeat(35)}.${'9'.repeat(30)}`, `-0.${'0'.repeat(29)}1`, '0'),
    c_money: plain('DECIMAL(10,2)', '-1.50', '99999999.99', '0'),
    c_float: bits('FLOAT', '0.1', '-3.4028234e38', '1.17549435e-38', '16777217', '0'),
    c_double: bits('DOUBLE', '0.1', '1.7976931348623157e308', '-2.2250738585072014e-308', '1e20', '0.30000000000000004'),
    c_year: plain('YEAR', '0', '1901', '2155'),
    c_bit1: { type: 'BIT(1)', values: ["b'1'", "b'0'"], said: 'bit' },
    c_bit64: { type: 'BIT(64)', values: ['18446744073709551615', '0', '1'], said: 'bit' },
    c_date: date('DATE', "'2024-02-29'", "'0000-00-00'", "'2024-00-10'", "'2024-01-00'", "'9999-12-31'", "'1000-01-01'"),
    c_datetime: date('DATETIME(6)', "'2024-02-29 23:59:59.999999'", "'0000-00-00'", "'9999-12-31 23:59:59.000001'"),
    c_timestamp: date('TIMESTAMP(6) NULL', "'1970-01-01 00:00:01.000001'", "'2038-01-19 03:14:07.999999'", "'0000-00-00'"),
    c_time: plain('TIME(6)', "'-838:59:59'", "'838:59:59'", "'-00:00:00.000001'", "'25:00:00.5'", "'0'"),
    c_text: text('LONGTEXT CHARACTER SET utf8mb4', ...AWKWARD),
    c_nul: text('VARCHAR(20) CHARACTER SET utf8mb4', "CONCAT('a', CHAR(0), 'b')", 'CHAR(0)', "CONCAT(CHAR(1), CHAR(127))"),
    c_char: text('CHAR(10)', "'pad'", "''"),
    c_latin1: text('VARCHAR(20) CHARACTER SET latin1', "_latin1 x'E9F1FF'", "_latin1 x'80938499'"),
    c_utf8mb3: text('VARCHAR(20) CHARACTER SET utf8', "'é中€'", "''"),
    c_utf16: text('VARCHAR(20) CHARACTER SET utf16', "'a😀中'"),
    c_sjis: text('VARCHAR(20) CHARACTER SET sjis', "_sjis x'835C8C8E'", "_sjis x'5C'"),
    c_gbk: text('VARCHAR(20) CHARACTER SET gbk', "_gbk x'D6D0815C'"),
    c_enum: text("ENUM('x','y,\"z\"','')", "'x'", "'y,\"z\"'", "''"),
    c_set: text("SET('a','b','c')", "'a,c'", "''"),
    c_binary: bytes('BINARY(6)', "x'00FF0A'", "'a'"),
    c_varbinary: bytes('VARBINARY(20)', "x'220A2C5C00'", "''"),
    c_blob: bytes('BLOB', "x'FFFE'", "REPEAT(x'00FF', 20000)", "''"),
    c_charbinary: bytes('VARCHAR(20) CHARACTER SET binary', "x'E4'"),
    c_point: wkt('POINT', geometry('POINT(1.25 -2.5)')),
    c_geometry: wkt('GEOMETRY', geometry('GEOMETRYCOLLECTION(POINT(1 2),LINESTRING(0 0,1 1))')),
    'c "quoted, name': text('VARCHAR(10)', "'v'"),
  };
} // prettier-ignore

export interface WideTable {
  readonly name: string;
  readonly columns: Readonly<Record<string, WideColumn>>;
  readonly rowCount: number;
  /** The cells of each column as the server says them; of `bits` columns, as numbers in text. */
  readonly expected: Readonly<Record<string, readonly (string | null)[]>>;
}

export async function makeWideTable(types: TypeTables): Promise<WideTable> {
  const columns = wideColumns(types);
  const quoted = (name: string): string => `\`${name}\``;
  const definitions = Object.fromEntries(
    Object.entries(columns).map(([name, { type, values }]) => [
      quoted(name),
      [type, ...values] as [string, ...string[]],
    ]),
  );
  const name = await types.make(definitions);
  const expected: Record<string, (string | null)[]> = {};
  for (const [column, { said }] of Object.entries(columns))
    expected[column] = await saidOf(types, name, quoted(column), said);
  return { name, columns, expected, rowCount: Object.values(expected)[0]!.length };
}

async function saidOf(
  types: TypeTables,
  table: string,
  column: string,
  said: WideColumn['said'],
): Promise<(string | null)[]> {
  const decoded = async (expression: string, encoding: 'utf8' | 'base64'): Promise<(string | null)[]> =>
    (await types.said(table, expression)).map((hex) =>
      hex === null ? null : Buffer.from(hex, 'hex').toString(encoding),
    );
  switch (said) {
    case 'text':
      return types.said(table, `CAST(${column} AS CHAR)`);
    case 'date':
      return types.said(
        table,
        `IF(MONTH(${column}) = 0 OR DAYOFMONTH(${column}) = 0, NULL, CAST(${column} AS CHAR))`,
      );
    case 'utf8':
      return decoded(`HEX(CONVERT(${column} USING utf8mb4))`, 'utf8');
    case 'hex':
      return decoded(`HEX(${column})`, 'base64');
    case 'bit':
      return types.said(table, `CAST(${column} + 0 AS CHAR)`);
    case 'wkt':
      return types.said(
        table,
        `${types.server.flavor === 'mysql' && types.server.version[0] === 5 ? '' : 'ST_'}AsText(${column})`,
      );
    case 'bits':
      return (await types.bits(table, column)).map((value) => (value === null ? null : String(value)));
  }
}
