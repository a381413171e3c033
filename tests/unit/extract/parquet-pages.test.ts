/** Pages: dictionaries and what does without, runs, NULLs, values larger than a page; properties over all of it. */
import fc from 'fast-check';
import { columnOf, encode, encodeColumn, metadataOf, queryDuckDb, readBack } from './parquet-files.ts';
import type { Wire } from './parquet-files.ts';

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const metaOf = (file: Buffer) => metadataOf(file).row_groups[0]!.columns[0]!.meta_data!;
const hasDictionary = (file: Buffer): boolean => metaOf(file).dictionary_page_offset !== undefined;

/** Numbers that look random and never come twice within a million. */
const scattered = (index: number): number => (index * 48_271) % 1_000_003;

describe('dictionaries', () => {
  test.each<[string, boolean, (index: number) => string]>([
    ['int(11)', true, (index) => String(index % 7)],
    ['int(11)', true, (index) => String((index % 100) * 20_000_000)],
    ['int(11)', false, (index) => String(scattered(index))],
    ['bigint(20)', true, (index) => `${((index * 31) % 50) + 1}000000000000`],
    ['bigint(20)', false, (index) => String(scattered(index) * 4_000_037)],
    ['float', true, (index) => `${(index % 11) / 8}`],
    ['double', true, (index) => `${(index % 11) / 8}`],
    ['decimal(30,2)', true, (index) => `${index % 9}.25`],
    ['varchar(40)', true, (index) => `customer number ${(index * 7) % 300}`],
    ['varchar(40)', false, (index) => `customer number ${scattered(index)}`],
    ['varchar(99)', true, (index) => `${'long '.repeat(15)}${index % 40}${' end'.repeat(5)}`],
    ['varchar(40)', true, () => 'always the same'],
  ])('%s: %s', async (type, expected, valueOf) => {
    const values = range(6000).map(valueOf);
    const { file } = encodeColumn(type, values);
    expect(hasDictionary(file)).toBe(expected);
    const cells = (await readBack(file)).map(([cell]) => cell);
    expect(cells).toEqual(
      type === 'float' || type === 'double' ? values.map((value) => String(Number(value))) : values,
    );
  });

  test('are given up where more different values come than they may hold, and start anew in the next row group', async () => {
    const values = [
      ...range(40_000).map((index) => `unique ${scattered(index)}`),
      ...range(40_000).map((index) => `k${index % 3}`),
    ];
    const rows = values.map((value) => [value]);
    const { file } = encode([columnOf('v', 'text')], rows, {}, { rows: 40_000, bytes: 2 ** 30 });
    const groups = metadataOf(file).row_groups.map(
      ({ columns }) => columns[0]!.meta_data!.dictionary_page_offset !== undefined,
    );
    expect(groups.at(0)).toBe(false);
    expect(groups.at(-1)).toBe(true);
    expect(await readBack(file)).toEqual(rows);
  });

  // A dictionary begins with room for few entries, and grows.
  test.each([1024, 1025, 32_768])('hold %i entries', async (entries) => {
    const values = range(entries * 4).map((index) => `${(index * 7) % entries}`.padStart(12, '.'));
    const { file } = encodeColumn('text', values);
    expect(hasDictionary(file)).toBe(true);
    expect((await readBack(file)).map(([cell]) => cell)).toEqual(values);
  });

  test('write a run of one value as its length, between others too', async () => {
    const values = range(60_003).map((index) =>
      index % 20_001 < 19_000 ? `run ${Math.floor(index / 20_001)}` : `k${index % 9}`,
    );
    const { file } = encodeColumn('text', values, { compression: { codec: 'none', level: null } });
    // Packed by bits alone, 12 values would take 4 bits each: 30 kB.
    expect(file.length).toBeLessThan(3000);
    expect((await readBack(file)).map(([cell]) => cell)).toEqual(values);
  });

  test('of large values are given up by their size', async () => {
    const values = range(600).map((index) => `${'y'.repeat(3000)}${index % 400}`);
    const { file } = encodeColumn('text', values);
    expect(hasDictionary(file)).toBe(false);
    expect((await readBack(file)).map(([cell]) => cell)).toEqual(values);
  });
});

describe('NULLs', () => {
  test.each<[string, (index: number) => boolean]>([
    ['none', () => false],
    ['all', () => true],
    ['every third', (index) => index % 3 === 0],
    ['long runs', (index) => index % 1000 < 700],
    ['the first alone', (index) => index === 0],
    ['the last alone', (index) => index === 2999],
  ])('%s', async (_, isNull) => {
    for (const type of ['int(11)', 'bigint(20)', 'varchar(20)']) {
      const values = range(3000).map((index) =>
        isNull(index) ? null : String(index % 2 === 0 ? scattered(index) : 5),
      );
      const { file } = encodeColumn(type, values);
      expect((await readBack(file)).map(([cell]) => cell)).toEqual(values);
      expect(metaOf(file).statistics!.null_count).toBe(
        BigInt(values.filter((value) => value === null).length),
      );
    }
  });

  test('lie between pages of plain values', async () => {
    const values = range(20_000).map((index) =>
      index % 5 === 0 ? null : `${'p'.repeat(150)}${scattered(index)}`,
    );
    const { file } = encodeColumn('text', values);
    expect(metaOf(file).encoding_stats!.map(({ count }) => count)).toEqual([3]);
    expect((await readBack(file)).map(([cell]) => cell)).toEqual(values);
  });

  test('lie between pages of a dictionary', async () => {
    // 16 bits an index: a page holds half a million of them.
    const values = range(650_000).map((index) => (index % 7 === 0 ? null : (scattered(index) % 40_000) * 3));
    const rows = values.map((value) => [value === null ? null : String(value)]);
    const { file } = encode([columnOf('v', 'int(11)')], rows, {}, { rows: 2 ** 30, bytes: 2 ** 30 }, 50_000);
    expect(metaOf(file).encoding_stats!.map(({ count }) => count)).toEqual([1, 2]);
    const sum = values.reduce((total: number, value, index) => total + (value ?? 0) * (index % 1000), 0);
    const query =
      'SELECT count(v), sum(v::BIGINT * (file_row_number % 1000))::BIGINT FROM read_parquet($file, file_row_number = true)';
    expect(await queryDuckDb(file, query)).toEqual([
      [values.filter((value) => value !== null).length, sum].map(BigInt),
    ]);
  });
});

describe('pages', () => {
  test('hold a megabyte, or one value that is larger', async () => {
    const values: Wire[] = [
      ...range(3000).map((index) => `${index} ${'z'.repeat(900)}`),
      'a'.repeat(3_000_000),
      null,
      'b',
    ];
    const { file } = encodeColumn('longtext', values);
    expect(metaOf(file).encoding_stats!.map(({ count }) => count)).toEqual([5]);
    expect((await readBack(file)).map(([cell]) => cell)).toEqual(values);
  });

  test('rows beyond 16 MB', async () => {
    const large = Buffer.alloc(17 * 1024 * 1024, 'ab');
    const { file } = encode(
      [columnOf('id', 'int(11)'), columnOf('b', 'longblob')],
      [
        ['1', large],
        ['2', null],
        ['3', large],
      ],
    );
    const [[first, bytes], second, third] = (await readBack(file)) as [
      [string, string],
      unknown[],
      [string, string],
    ];
    expect([first, second, third[0]]).toEqual(['1', ['2', null], '3']);
    expect(bytes === large.toString('hex')).toBe(true);
    expect(third[1] === bytes).toBe(true);
  });
});

describe('any values come back as they were, from both readers', () => {
  const cases: readonly (readonly [type: string, fc.Arbitrary<string>])[] = [
    ['int(11)', fc.integer().map(String)],
    ['int(10) unsigned', fc.nat(2 ** 32 - 1).map(String)],
    ['bigint(20)', fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n).map(String)],
    ['bigint(20) unsigned', fc.bigInt(0n, 2n ** 64n - 1n).map(String)],
    ['decimal(9,4)', decimals(9, 4)],
    ['decimal(17,3)', decimals(17, 3)],
    ['decimal(18,0)', decimals(18, 0)],
    ['decimal(27,9)', decimals(27, 9)],
    ['decimal(38,20)', decimals(38, 20)],
    [
      'double',
      fc
        .double({ noNaN: true, noDefaultInfinity: true })
        .map((value) => (Object.is(value, -0) ? '-0' : String(value))),
    ],
    ['varchar(99)', fc.string({ unit: 'binary', maxLength: 90 })],
  ];

  test.each(cases)('%s', async (type, value) => {
    const values = fc.array(fc.option(value, { freq: 5 }), { minLength: 1, maxLength: 200, size: 'max' });
    await fc.assert(
      fc.asyncProperty(
        values,
        fc.constantFrom('snappy' as const, 'zstd' as const, 'none' as const),
        async (cells, codec) => {
          const { file } = encodeColumn(type, cells, { compression: { codec, level: null } });
          expect((await readBack(file)).map(([cell]) => cell)).toEqual(cells);
        },
      ),
      { numRuns: 25 },
    );
  });

  /** Decimals as the server writes them: all decimals, and a zero before the point. */
  function decimals(precision: number, scale: number): fc.Arbitrary<string> {
    const limit = 10n ** BigInt(precision) - 1n;
    return fc.bigInt(-limit, limit).map((unscaled) => {
      const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
      const point = scale === 0 ? '' : `.${digits.slice(-scale)}`;
      return `${unscaled < 0n ? '-' : ''}${digits.slice(0, digits.length - scale)}${point}`;
    });
  }
});
