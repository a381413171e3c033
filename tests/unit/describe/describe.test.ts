/** What the manifest says of the columns of a file. */
import { describeColumns } from '../../../src/describe/describe.ts';
import type { OutputColumn } from '../../../src/domain/plan.ts';
import { COLUMNS, outputOf } from './sample.ts';

const described = (spec: Readonly<Record<string, unknown>>, columns = COLUMNS) =>
  Object.fromEntries(describeColumns(columns, outputOf(spec)).map((one) => [one.name, one]));
const types = (spec: Readonly<Record<string, unknown>>): Record<string, string> =>
  Object.fromEntries(Object.values(described(spec)).map(({ name, output_type }) => [name, output_type]));

it('says all there is to know of a column', () => {
  expect(described({ output_timezone: 'Europe/Berlin' })).toMatchObject({
    name: {
      name: 'name',
      mysql_type: 'varchar(40)',
      output_type: 'text: UTF-8',
      nullable: false,
      file_nullable: false,
      charset: 'latin1',
      null: 'nothing; an empty text is two quotes',
      zero_dates: null,
      timezone: null,
    },
    moment: { nullable: false, file_nullable: true, zero_dates: 'null', timezone: 'Europe/Berlin' },
    stored: { nullable: true, file_nullable: true, zero_dates: 'null', timezone: null },
    id: { charset: null, nullable: false, file_nullable: false },
  });
});

it.each([
  [{}, 'nothing; an empty text is two quotes'],
  [{ csv: { null: '\\N' } }, '\\N, without quotes'],
  [{ output_file_format: 'tsv' }, 'nothing; an empty text is two quotes'],
  [{ output_file_format: 'jsonl' }, 'null'],
  [{ output_file_format: 'parquet' }, 'NULL'],
])('says how NULL is written with %j', (spec, expected) => {
  expect(described(spec)['note']!.null).toBe(expected);
});

it('has no NULL for zero dates where they are written as text, or not at all', () => {
  for (const zero_dates of ['string', 'fail'])
    expect(described({ zero_dates })['born']).toMatchObject({ file_nullable: false, zero_dates });
});

it('says how values are written in csv', () => {
  expect(types({})).toMatchObject({
    id: 'text: digits',
    salary: 'text: digits, 2 of them behind the point',
    ratio: 'text: shortest digits that read back as the same FLOAT',
    born: 'text: YYYY-MM-DD',
    stored: 'text: YYYY-MM-DD HH:MM:SS.ffffff',
    moment: 'text: YYYY-MM-DD HH:MM:SS',
    duration: 'text: [-]HH:MM:SS.fff, up to 838 hours',
    since: 'text: digits',
    order: 'text: UTF-8',
    doc: 'text: JSON',
    bits: 'text: digits',
    bytes: 'text: base64',
    shape: 'text: WKT',
  });
  expect(types({ binary: 'hex' })['bytes']).toBe('text: hex');
});

it('says how values are written in jsonl', () => {
  expect(types({ output_file_format: 'jsonl' })).toMatchObject({
    id: 'number',
    huge: 'number',
    ratio: 'number',
    since: 'number',
    bits: 'number',
    born: 'string: YYYY-MM-DD',
    name: 'string: UTF-8',
    doc: 'any JSON value',
    bytes: 'string: base64',
  });
});

it('says how values are stored in Parquet', () => {
  const spec = { output_file_format: 'parquet', output_timezone: 'Europe/Berlin' };
  expect(types(spec)).toMatchObject({
    id: 'INT64 INTEGER(64, unsigned)',
    small: 'INT32 INTEGER(16, signed)',
    salary: 'INT64 DECIMAL(10,2)',
    wide: 'FIXED_LEN_BYTE_ARRAY(16) DECIMAL(38,10)',
    huge: 'BYTE_ARRAY STRING',
    ratio: 'FLOAT',
    born: 'INT32 DATE',
    stored: 'INT64 TIMESTAMP(MICROS, not adjusted to UTC)',
    moment: 'INT64 TIMESTAMP(MICROS, UTC)',
    doc: 'BYTE_ARRAY JSON',
    bytes: 'BYTE_ARRAY',
  });
  expect(described(spec)['moment']!.timezone).toBe('UTC');
  const asText = described({ ...spec, zero_dates: 'string' })['moment'];
  expect(asText).toMatchObject({ output_type: 'BYTE_ARRAY STRING', timezone: 'Europe/Berlin' });
});

it('leaves open what the server does not say of a query', () => {
  const query: OutputColumn[] = [
    { name: 'at', mysqlType: 'datetime', nullable: true, kind: 'datetime' },
    { name: 'name', mysqlType: 'varchar', nullable: true, kind: 'text' },
  ];
  expect(described({}, query)).toMatchObject({
    at: { output_type: 'text: YYYY-MM-DD HH:MM:SS[.ffffff]' },
    name: { charset: null },
  });
});
