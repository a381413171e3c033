/** Records of every format and compression, however the bytes are cut; what cannot be read has none. */
import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { objectCounter, type Encoding } from '../../../src/verify/object-counter.ts';

const CSV = { quote: '"', header: true };

async function count(encoding: Partial<Encoding>, bytes: Buffer, piece = 7): Promise<number | null> {
  const counter = objectCounter({ format: 'csv', compression: 'none', csv: CSV, ...encoding });
  for (let at = 0; at < bytes.length; at += piece) await counter.take(bytes.subarray(at, at + piece));
  return counter.end();
}

const JSONL: Partial<Encoding> = { format: 'jsonl', csv: null };
const text = Buffer.from('{"a":"1\\n"}\n{"a":"\\"2"}\n');

it.each([1, 5, 1000])('counts lines of JSON in pieces of %i', async (piece) => {
  expect(await count(JSONL, text, piece)).toBe(2);
  expect(await count(JSONL, Buffer.from('{}\n{}'), piece)).toBe(2);
  expect(await count(JSONL, Buffer.alloc(0), piece)).toBe(0);
});

it('counts TSV as CSV', async () => {
  expect(await count({ format: 'tsv' }, Buffer.from('a\tb\n"1\n"\t2\n'))).toBe(1);
});

const CODECS = [
  ['gzip', gzipSync],
  ['zstd', zstdCompressSync],
] as const;

describe.each(CODECS)('%s', (compression, compress) => {
  it('is decompressed as it comes', async () => {
    const lines = fc.array(fc.string({ maxLength: 40 }).map((value) => `${JSON.stringify(value)}\n`));
    await fc.assert(
      fc.asyncProperty(lines, fc.integer({ min: 1, max: 50 }), async (all, piece) => {
        expect(await count({ ...JSONL, compression }, compress(Buffer.from(all.join(''))), piece)).toBe(
          all.length,
        );
      }),
      { numRuns: 50 },
    );
  });

  it('counts more than fits into the decompressor’s buffers', async () => {
    const many = Buffer.from('{"a":1}\n'.repeat(300_000));
    expect(await count({ ...JSONL, compression }, compress(many), 4096)).toBe(300_000);
  });

  it('keeps the quotes of CSV in mind', async () => {
    expect(await count({ compression }, compress(Buffer.from('a\n"x\n\ny"\n1\n')), 3)).toBe(2);
  });

  it.each([
    ['another format', () => deflateSync(text)],
    ['plain text', () => Buffer.from('{"a":1}\n'.repeat(10))],
    ['a broken checksum', () => {
      const bytes = compress(text, compression === 'zstd' ? { params: { 201: 1 } } : {});
      bytes[bytes.length - 5]! ^= 0xff;
      return bytes;
    }],
  ])('has no records that can be read in %s', async (_, bytes) => {
    expect(await count({ ...JSONL, compression }, bytes(), 3)).toBeNull();
  }); // prettier-ignore
});

it.each(CODECS)('%s: has none in an object with something behind its end', async (compression, compress) => {
  const bytes = Buffer.concat([compress(text), Buffer.from('and more')]);
  expect(await count({ ...JSONL, compression }, bytes, 3)).toBeNull();
});

it('has none in an object that is cut off', async () => {
  const bytes = gzipSync(text);
  expect(await count({ ...JSONL, compression: 'gzip' }, bytes.subarray(0, -3))).toBeNull();
});

it('reads several gzip members in a row', async () => {
  expect(
    await count({ ...JSONL, compression: 'gzip' }, Buffer.concat([gzipSync(text), gzipSync(text)])),
  ).toBe(4);
});

describe('parquet', () => {
  const parquet: Partial<Encoding> = { format: 'parquet', compression: 'snappy', csv: null };
  /** A footer in Thrift's compact protocol: version 1, a schema of a root alone, `rows`, no row group. */
  const footer = (rows: number): Buffer => {
    const meta = Buffer.from([
      0x15,
      0x02,
      0x19,
      0x1c,
      0x48,
      0x01,
      0x72,
      0x15,
      0x00,
      0x00,
      0x16,
      rows * 2,
      0x19,
      0x0c,
      0x00,
    ]);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(meta.length);
    return Buffer.concat([Buffer.from('PAR1'), meta, length, Buffer.from('PAR1')]);
  };

  it.each([1, 4096])('has the number of rows that its footer claims, in pieces of %i', async (piece) => {
    expect(await count(parquet, footer(42), piece)).toBe(42);
  });

  it('has none without a footer', async () => {
    expect(await count(parquet, Buffer.from('PAR1PAR1'))).toBeNull();
    expect(await count(parquet, Buffer.alloc(0))).toBeNull();
    expect(await count(parquet, footer(42).subarray(0, -1))).toBeNull();
  });

  it('keeps the end of a file alone', async () => {
    const counter = objectCounter({ format: 'parquet', compression: 'snappy', csv: null });
    const page = Buffer.alloc(4 * 1024 * 1024);
    for (let pages = 0; pages < 20; pages++) await counter.take(page);
    await counter.take(footer(7));
    expect(await counter.end()).toBe(7);
  });
});
