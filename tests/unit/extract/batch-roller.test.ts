/** Rows into objects: each in exactly one, none above the threshold but for a row that alone is larger. */
import fc from 'fast-check';
import type { PreparedObject } from '../../../src/domain/run.ts';
import { batchRoller } from '../../../src/extract/batch-roller.ts';
import { csvEncoder } from '../../../src/extract/csv.ts';
import { ObjectWriter } from '../../../src/extract/object-writer.ts';
import { columnsOf, outputOptions, rowPacket } from './packets.ts';
import { countingPool, fakeUploads } from './uploads.ts';

const HEADER = 'c0,c1\n';

interface Rolled {
  readonly objects: readonly PreparedObject[];
  readonly contents: readonly string[];
  readonly takenBytes: number;
}

/** What rows of an id and a text become. */
async function roll(
  texts: readonly string[],
  thresholdBytes: number | null,
  partBytes: number,
): Promise<Rolled> {
  const uploads = fakeUploads();
  const pool = countingPool(partBytes);
  const sealed: Promise<PreparedObject>[] = [];
  const encoder = csvEncoder(columnsOf(['number', 'text']), outputOptions());
  const open = (batch: number): ObjectWriter => {
    const key = `k_${batch}`;
    return new ObjectWriter({ table: 't', batch, key }, pool, () => uploads.begin(key), fail);
  };
  const roller = batchRoller(encoder, thresholdBytes, open, (writer) => sealed.push(writer.finish()));
  let takenBytes = 0;
  for (const [index, text] of texts.entries()) {
    const packet = rowPacket([Buffer.from(String(index)), Buffer.from(text)]);
    takenBytes += roller.takeRow(packet, 0, packet.length);
  }
  sealed.push(roller.current().finish());
  const objects = await Promise.all(sealed);
  expect(pool.out()).toBe(0);
  return { objects, contents: objects.map((object) => uploads.contentOf(object).toString()), takenBytes };
}

const fail = (error: unknown): never => {
  throw error;
};

const row = (text: string, index: number): string =>
  `${index},${/[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text}\n`;

// Rows smaller and larger than a part, than what is left of one, and than the threshold.
const texts = fc.array(
  fc.oneof(
    fc.string({ unit: fc.constantFrom('a', 'b', '"', ','), minLength: 1, maxLength: 12 }),
    fc.integer({ min: 1, max: 700 }).map((length) => 'x'.repeat(length)),
  ),
  { maxLength: 30 },
);

it('puts every row into one object, in order, each with a header and within the threshold', async () => {
  await fc.assert(
    fc.asyncProperty(
      texts,
      fc.integer({ min: 7, max: 400 }),
      fc.integer({ min: 5, max: 300 }),
      async (values, threshold, partBytes) => {
        const { objects, contents, takenBytes } = await roll(values, threshold, partBytes);
        expect(contents.every((content) => content.startsWith(HEADER))).toBe(true);
        const bodies = contents.map((content) => content.slice(HEADER.length));
        expect(bodies.join('')).toBe(values.map(row).join(''));
        expect(takenBytes).toBe(bodies.join('').length);
        expect(objects.reduce((sum, object) => sum + object.rows, 0)).toBe(values.length);
        expect(objects.map(({ batch }) => batch)).toEqual(objects.map((_, index) => index));
        for (const object of objects) {
          if (object.rows > 1) expect(object.bytes).toBeLessThanOrEqual(threshold);
          if (values.length > 0) expect(object.rows).toBeGreaterThan(0);
        }
        // None rolls earlier than it must: the next object's first row would not have fitted.
        for (let index = 1; index < objects.length; index++) {
          const first = bodies[index]!.split('\n')[0]!.length + 1;
          expect(objects[index - 1]!.bytes + first).toBeGreaterThan(threshold);
        }
      },
    ),
    { numRuns: 150 },
  );
});

it('fills an object to the last byte of the threshold', async () => {
  const threshold = HEADER.length + 4 + 4;
  expect((await roll(['a', 'b', 'c'], threshold, 100)).objects.map(({ rows }) => rows)).toEqual([2, 1]);
  expect((await roll(['a', 'b', 'c'], threshold - 1, 100)).objects.map(({ rows }) => rows)).toEqual([
    1, 1, 1,
  ]);
});

it('makes one object where there is no threshold, and one of a header alone where there is no row', async () => {
  expect(
    (
      await roll(
        Array.from({ length: 500 }, () => 'text'),
        null,
        64,
      )
    ).objects,
  ).toHaveLength(1);
  expect((await roll([], 10, 64)).contents).toEqual([HEADER]);
});
