/** Of the wide table: texts of every charset, documents, bytes and shapes. */
import { column, type Abilities, type ValueColumn, type ValueColumns } from './value-column.ts';

const text = column('text', 'VARCHAR');
const bytes = column('bytes', 'BLOB');

/** Texts that mean something to a reader of CSV, TSV or JSON, in UTF-8. */
const AWKWARD = [
  "''",
  "'a,b;c\\td|e'",
  '\'say "hi"\'',
  "'\"'",
  "'line\\nbreak\\r\\nand return\\r'",
  "'\\n'",
  "'back\\\\slash \\\\N \\\\n \\\\'",
  "'NULL'",
  "'\\\\N'",
  "' spaces '",
  "'é € 中 😀 \u2028\u2029'",
  "'\ufeffmark'",
  '\'{"a": [1]}\'',
  'REPEAT(\'long, "text"\\n\', 7000)',
];

/** All bytes below the space, and the one behind the last letter. */
const CONTROLS = `CONVERT(x'${Array.from({ length: 32 }, (_, byte) => byte.toString(16).padStart(2, '0')).join('')}7f' USING utf8mb4)`;

const DOCUMENTS = [
  '{"big": 12345678901234567890, "list": [1, 2.50, null, true], "text": "a\\\\nb \\\\"q\\\\" 😀"}',
  '{"more": -123456789012345678901234567890, "small": 1e-30, "deep": {"a": [], "b": {}}}',
  '{\\n  "pretty": true,\\r\\n\\t"nested": {"a": []}\\n}',
  '"a text, with \\\\u0000 \\\\u00e9 \\\\\\\\ in it"',
  'null',
  '[]',
  '12345678901234567890',
  '-9223372036854775808',
];

export function textColumns(has: Abilities): ValueColumns {
  const nul = ["CONCAT('a', CHAR(0), 'b')", 'CHAR(0)', "CONCAT(CHAR(0), ',\"', CHAR(0))", "''", CONTROLS];
  return {
    c_longtext: text('LONGTEXT CHARACTER SET utf8mb4', ...AWKWARD),
    c_text: text('TEXT CHARACTER SET utf8mb4', ...AWKWARD.slice(0, -1).toReversed()),
    c_tinytext: text('TINYTEXT', "'tiny'", "''", "REPEAT('é', 127)"),
    c_mediumtext: text('MEDIUMTEXT', "''", "REPEAT('x', 70000)"),
    c_varchar: text('VARCHAR(300)', "''", "REPEAT('x', 250)", "REPEAT('x', 251)", "REPEAT('\"', 252)"),
    c_nul: text('VARCHAR(50) CHARACTER SET utf8mb4', ...nul),
    c_char: text('CHAR(10)', "'pad'", "''", "'é  '"),
    c_text_needed: text('VARCHAR(20) NOT NULL', "''", "'é\\n'", "'\"'"),
    c_enum: text("ENUM('x','y,\"z\"','') CHARACTER SET utf8mb4", "'x'", "'y,\"z\"'", "''"),
    // What is no member becomes the empty error value.
    c_enum_error: text("ENUM('x','ö') CHARACTER SET latin1", "'ö'", "'none of them'", "'x'"),
    c_enum_needed: text("ENUM('a','b') NOT NULL", "'a'", "'b'", "'c'"),
    c_set: text("SET('a','b','ö') CHARACTER SET latin1", "'a,ö'", "''", "'ö'", "'none of them'"),
    c_set64: text(`SET(${Array.from({ length: 64 }, (_, index) => `'m${index}'`).join(',')})`, '18446744073709551615', '9223372036854775808'),
    'c "quoted", näme': text('VARCHAR(10)', "'v'"),
    ...(has.json && {
      c_json: column('json', 'JSON')('JSON', ...DOCUMENTS.map((document) => `'${document}'`)),
    }),
    ...(has.uuid && { c_uuid: text('UUID', "'123e4567-e89b-12d3-a456-426655440000'") }),
    ...(has.inet && {
      c_inet4: text('INET4', "'255.255.255.255'", "'0.0.0.0'"),
      c_inet6: text('INET6', "'2001:db8::ff00:42:8329'", "'::'", "'::ffff:1.2.3.4'"),
    }),
  };
} // prettier-ignore

/** Bytes 80 to FF, as hex. */
const HIGH = Array.from({ length: 128 }, (_, byte) => (byte + 128).toString(16)).join('');

/** One byte a character: all bytes that are not ASCII. */
const SINGLE_BYTE = [
  'latin1', 'latin2', 'latin5', 'latin7', 'cp1250', 'cp1251', 'cp1256', 'cp1257', 'cp850', 'cp852', 'cp866', 'koi8r',
  'koi8u', 'greek', 'hebrew', 'tis620', 'macroman', 'macce',
] as const; // prettier-ignore

/** Characters in hex, some with a backslash, a quote or another byte of ASCII inside them. */
const MULTI_BYTE: Readonly<Record<string, readonly string[]>> = {
  utf8: ['c3a9e282ace4b8ad', ''],
  utf8mb4: ['f09f988af09f8fbdf48fbfbf', '', 'efbbbfefbfbd'],
  ucs2: ['00e920ac4e2d', '002c0022000a', ''],
  utf16: ['0061d83dde004e2d', '0022005c0000', ''],
  utf16le: ['61003dd800de2d4e', '22002c00'],
  utf32: ['0001f600000000e9', '0000002200000000', ''],
  sjis: ['835c8c8e955c8ea6', '5c', '7e', 'b1b2'],
  cp932: ['835c8740fa40ed40', '5c', 'b1', '8160'],
  ujis: ['a4a2b4c1', '8eb1', '8fb0a1'],
  eucjpms: ['a4a2ada1', '8eb1'],
  gbk: ['d6d0815c', 'bf5c27', '22'],
  gb2312: ['d6d0b9fa'],
  big5: ['a4a4a55cb35c', 'a15c', '22'],
  euckr: ['b0a1c8fe', 'a1a1'],
  ascii: ['217e220a', ''],
};

export function charsetColumns(has: Abilities): ValueColumns {
  const named = (charset: string, length: number, values: readonly string[]): [string, ValueColumn] => [
    `c_${charset}`,
    text(
      `VARCHAR(${length}) CHARACTER SET ${charset}`,
      ...values.map((hex) => (hex === '' ? "''" : `_${charset} x'${hex}'`)),
    ),
  ];
  return Object.fromEntries([
    ...SINGLE_BYTE.map((charset) => named(charset, 128, [HIGH, '', '2c220a5c'])),
    ...Object.entries(MULTI_BYTE).map(([charset, values]) => named(charset, 20, values)),
    ...(has.gb18030 ? [named('gb18030', 20, ['d6d0815c', '9439fc36'])] : []),
  ]);
}

export function bytesColumns(has: Abilities): ValueColumns {
  const wkt = (type: string, ...shapes: string[]): ValueColumn =>
    column('wkt', 'VARCHAR')(type, ...shapes.map((shape) => `ST_GeomFromText('${shape}')`));
  return {
    c_binary: bytes('BINARY(6)', "x'00FF0A'", "'a'", "''"),
    c_varbinary: bytes('VARBINARY(300)', "x'220A2C5C00'", "''", "x'00'", `x'${HIGH}${HIGH}'`),
    c_tinyblob: bytes('TINYBLOB', "x'FFFE'", "'plain'"),
    c_blob: bytes('BLOB', "REPEAT(x'00FF', 20000)", "''", "x'C3'"),
    c_mediumblob: bytes('MEDIUMBLOB', "x'F09F'", "REPEAT(x'5C', 70000)"),
    c_longblob: bytes('LONGBLOB', "''", "REPEAT(x'C328', 50000)"),
    c_blob_needed: bytes('BLOB NOT NULL', "''", "x'0001'", "x'80'"),
    c_charbinary: bytes('VARCHAR(20) CHARACTER SET binary', "x'E4'", "''", "'a,b'"),
    c_geometry: wkt('GEOMETRY', 'POINT(1 2)', 'GEOMETRYCOLLECTION(POINT(1 2),LINESTRING(0 0,1 1))'),
    c_point: wkt('POINT', 'POINT(1.25 -2.5)', 'POINT(1e-10 123456789.125)'),
    c_linestring: wkt('LINESTRING', 'LINESTRING(0 0,1 1,2 0)'),
    c_polygon: wkt('POLYGON', 'POLYGON((0 0,0 3,3 3,0 0))', 'POLYGON((0 0,0 9,9 9,0 0),(1 2,1 3,2 3,1 2))'),
    c_multipoint: wkt('MULTIPOINT', 'MULTIPOINT(0 0,1 1)'),
    c_multilinestring: wkt('MULTILINESTRING', 'MULTILINESTRING((0 0,1 1),(2 2,3 3))'),
    c_multipolygon: wkt('MULTIPOLYGON', 'MULTIPOLYGON(((0 0,0 3,3 3,0 0)))'),
    c_geometrycollection: wkt('GEOMETRYCOLLECTION', 'GEOMETRYCOLLECTION(POINT(0 0))'),
    ...(has.vector && {
      c_vector: bytes('VECTOR(3)', "x'0000803F00000040000040C0'", "x'000000000000008000004000'"),
    }),
  };
} // prettier-ignore
