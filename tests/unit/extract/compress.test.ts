/** Every compressor makes one member or frame, whatever the blocks; readers that take the first alone miss nothing. */
import { execFileSync } from 'node:child_process';
import { constants, gunzipSync, gzipSync, zstdDecompressSync } from 'node:zlib';
import fc from 'fast-check';
import type { Compression } from '../../../src/domain/spec.ts';
import { compressorOf } from '../../../src/extract/compress.ts';

const CODECS = ['gzip', 'zstd'] as const;
type Codec = (typeof CODECS)[number];

async function compress(
  codec: Codec,
  blocks: readonly Buffer[],
  level: number | null = null,
): Promise<Buffer> {
  const compressor = compressorOf({ codec, level })!();
  // All at once, as the writer gives them.
  const given = blocks.map((block) => compressor.block(block));
  return Buffer.concat(await Promise.all([...given, compressor.end()]));
}

const decompress: Record<Codec, (bytes: Buffer) => Buffer> = { gzip: gunzipSync, zstd: zstdDecompressSync };

it('is none where there is nothing to compress', () => {
  expect(compressorOf({ codec: 'none', level: null })).toBeNull();
});

it('knows no snappy for text', () => {
  const snappy: Compression = { codec: 'snappy', level: null };
  expect(() => compressorOf(snappy)).toThrow(/Parquet/);
});

describe.each(CODECS)('%s', (codec) => {
  it('gives back what it was given, in the order of the blocks', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 12 }), async (pieces) => {
        const blocks = pieces.map((piece) => Buffer.from(piece));
        const bytes = await compress(codec, blocks);
        expect(decompress[codec](bytes).equals(Buffer.concat(blocks))).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('is read by its own program, with its checksum', async () => {
    const blocks = Array.from({ length: 9 }, (_, index) => Buffer.alloc(300_000 + index, `row ${index}\n`));
    const bytes = await compress(codec, blocks);
    const read = execFileSync(codec, ['-dc'], { input: bytes, maxBuffer: 1e7 });
    expect(read.equals(Buffer.concat(blocks))).toBe(true);
    execFileSync(codec, ['-t'], { input: bytes, stdio: 'pipe' });
    const broken = Buffer.from(bytes);
    broken[broken.length - 1]! ^= 1;
    expect(() => execFileSync(codec, ['-t'], { input: broken, stdio: 'pipe' })).toThrow(/failed/);
  });

  it('makes a whole file of nothing', async () => {
    const bytes = await compress(codec, []);
    expect(bytes.length).toBeGreaterThan(0);
    expect(decompress[codec](bytes)).toHaveLength(0);
    expect(execFileSync(codec, ['-dc'], { input: bytes })).toHaveLength(0);
  });

  it('compresses bytes that cannot be, and blocks larger than its buffers', async () => {
    const random = Buffer.alloc(1_000_000);
    for (let at = 0, state = 1; at < random.length; at++)
      random[at] = state = (state * 48_271) % 2_147_483_647;
    const bytes = await compress(codec, [random, random]);
    expect(decompress[codec](bytes).equals(Buffer.concat([random, random]))).toBe(true);
  });

  it('heeds the level', async () => {
    const text = Buffer.from(
      Array.from({ length: 20_000 }, (_, n) => `${n},${(n * 7919) % 1000},text ${n % 17}\n`).join(''),
    );
    const [fast, small] = [
      await compress(codec, [text], 1),
      await compress(codec, [text], codec === 'gzip' ? 9 : 19),
    ];
    expect(small.length).toBeLessThan(fast.length);
  });

  it('can be given up', async () => {
    const compressor = compressorOf({ codec, level: null })!();
    await compressor.block(Buffer.from('a'));
    expect(() => compressor.discard()).not.toThrow();
  });
});

it('is one member: nothing of gzip stands between its blocks', async () => {
  const bytes = await compress('gzip', [Buffer.from('one'), Buffer.from('two')]);
  // A decoder that stops at the end of the first member, as some do.
  const { buffer, engine } = gunzipSync(bytes, { info: true }) as unknown as {
    buffer: Buffer;
    engine: { bytesWritten: number };
  };
  expect([buffer.toString(), engine.bytesWritten]).toEqual(['onetwo', bytes.length]);
  expect(bytes.lastIndexOf(Buffer.from([0x1f, 0x8b, 0x08]))).toBe(0);
});

it('is the same bytes for the same text', async () => {
  const text = [Buffer.alloc(100_000, 'a,b\n'), Buffer.from('end')];
  for (const codec of CODECS)
    expect((await compress(codec, text)).equals(await compress(codec, text))).toBe(true);
});

it('costs little against one stream over the whole', async () => {
  const rows = Array.from(
    { length: 60_000 },
    (_, n) => `${n},${(n * 7919) % 100_000},lot ${(n * 31) % 977}\n`,
  );
  const text = Buffer.from(rows.join(''));
  const blocks = [text.subarray(0, 2 ** 20), text.subarray(2 ** 20)];
  const whole = gzipSync(text, { level: 3, strategy: constants.Z_DEFAULT_STRATEGY });
  expect((await compress('gzip', blocks, 3)).length).toBeLessThan(whole.length * 1.01);
});
