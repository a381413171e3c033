/** Objects against their manifest: every way in which they may differ has its name, and hides no other. */
import { gzipSync } from 'node:zlib';
import { TidemarkError } from '../../../src/errors.ts';
import { readManifest } from '../../../src/verify/manifest.ts';
import { verifyObjects, type Difference } from '../../../src/verify/verify.ts';
import { FIRST, MANIFEST_KEY, published, SECOND, type Published } from './published.ts';

const NEVER = new AbortController().signal;

interface Verified {
  readonly differences: Difference[];
  readonly heard: Difference[];
  readonly last: { bytes: number; files: number };
}

async function verify({ reader }: Published, signal = NEVER): Promise<Verified> {
  const manifest = await readManifest(reader, MANIFEST_KEY, signal);
  const heard: Difference[] = [];
  let last = { bytes: 0, files: 0 };
  const observer = {
    progress: (progress: typeof last) => void (last = progress),
    different: (difference: Difference) => void heard.push(difference),
  };
  const differences = await verifyObjects(manifest, reader, observer, signal);
  return { differences, heard, last };
}

function replace({ objects }: Published, key: string, from: string, to: string): void {
  const object = objects.get(key)!;
  object.content = Buffer.from(object.content.toString().replace(from, to));
}

it('finds nothing where all is whole', async () => {
  const { differences, heard, last } = await verify(published());
  expect(differences).toEqual([]);
  expect(heard).toEqual([]);
  expect(last).toEqual({ bytes: 63, files: 2 });
});

const changes: [Difference['kind'], string, (run: Published) => void, RegExp][] = [
  ['missing', 'a missing object', ({ objects }) => objects.delete(FIRST), /^is missing; expected 37 bytes, 2 records, CRC-32 [0-9a-f]{8}$/],
  ['crc32', 'another byte', (run) => replace(run, FIRST, 'King', 'Ring'), /^has the CRC-32 \w+, expected \w+; its length and its number of records agree$/],
  ['crc32', 'another byte that is a line break', (run) => replace(run, FIRST, 'King', 'Ki\nn'), /its length agrees; it has 3 records, expected 2$/],
  ['content_length', 'one record less', (run) => replace(run, FIRST, '1,King\n', ''), /^has another length: found 30 bytes, 1 record, .*, expected 37 bytes, 2 records/],
  ['content_length', 'one record more', (run) => replace(run, FIRST, '1,King\n', '1,King\n1,King\n'), /found 44 bytes, 3 records, .*, expected 37 bytes, 2 records/],
  ['content_length', 'no byte at all', ({ objects }) => (objects.get(FIRST)!.content = Buffer.alloc(0)), /found 0 bytes, 0 records/],
  ['swapped', 'the other object', ({ objects }) => objects.set(FIRST, objects.get(SECOND)!), /^holds what p\/staff\/second.csv should: found 26 bytes/],
  ['overwritten', 'an object of another run', (run) => {
    replace(run, FIRST, 'King', 'Ring');
    run.objects.get(FIRST)!.runId = 'later';
  }, /^was overwritten by run later: found 37 bytes/],
  ['overwritten', 'somebody’s object', ({ objects }) => objects.set(FIRST, { content: Buffer.from('x'), runId: null }), /^was overwritten by something that is no run: found 1 byte, /],
  ['record_count', 'a wrong count in the manifest', ({ edit }) => edit((body) => {
    (body['entries'] as { meta: { record_count: number } }[])[0]!.meta.record_count++;
    (body['rows'] as number)++;
  }), /^has 2 records, expected 3; length and CRC-32 agree, so the manifest itself is wrong$/],
]; // prettier-ignore

it.each(changes)('says %s of %s', async (kind, _, change, message) => {
  const run = published();
  change(run);
  const { differences, heard } = await verify(run);
  expect(differences).toHaveLength(1);
  expect(differences[0]).toMatchObject({ kind, key: FIRST, table: 'employees', batch: 0 });
  expect(differences[0]!.message).toMatch(message);
  expect(heard).toEqual(differences);
});

it('has what was expected and what was found as figures, too', async () => {
  const run = published();
  replace(run, SECOND, '3,x\n', '3,x\n4,y\n');
  const { differences } = await verify(run);
  expect(differences).toMatchObject([
    {
      key: SECOND,
      batch: 1,
      expected: { content_length: 26, record_count: 1, crc32: expect.stringMatching(/^[0-9a-f]{8}$/) },
      found: { content_length: 30, record_count: 2, run_id: run.objects.get(FIRST)!.runId },
    },
  ]);
});

describe('a compressed run', () => {
  const compressed = (): Published =>
    published(
      () => {},
      0,
      { compression: 'gzip' },
      (text) => gzipSync(text),
    );

  it('is whole where it is: length and checksum are the objects’, records those in them', async () => {
    expect((await verify(compressed())).differences).toEqual([]);
  });

  it('is not where an object cannot be decompressed', async () => {
    const run = compressed();
    const { content } = run.objects.get(FIRST)!;
    content[12]! ^= 0xff;
    const { differences } = await verify(run);
    expect(differences).toMatchObject([{ key: FIRST, kind: 'crc32', found: { record_count: null } }]);
    expect(differences[0]!.message).toMatch(
      /its length agrees; it has no records that can be read, expected 2$/,
    );
  });

  it('says so where the manifest is of other objects than there are', async () => {
    const run = published(() => {}, 0, { compression: 'zstd' });
    const { differences } = await verify(run);
    expect(differences[0]).toMatchObject({ kind: 'record_count' });
    expect(differences[0]!.message).toMatch(
      /^has no records that can be read, expected 2; length and CRC-32 agree/,
    );
  });
});

it('does not mind who wrote the very bytes that were published', async () => {
  const run = published();
  run.objects.get(FIRST)!.runId = 'a copy';
  expect((await verify(run)).differences).toEqual([]);
});

it('goes on after a difference, with all objects, and lists what differs as the manifest does', async () => {
  const run = published(() => {}, 20);
  const last = 'p/staff/more_21.csv';
  for (const key of [FIRST, SECOND, last]) run.objects.delete(key);
  const { differences, last: progress } = await verify(run);
  expect(differences.map(({ key, found }) => [key, found])).toEqual([
    [FIRST, null],
    [SECOND, null],
    [last, null],
  ]);
  expect(progress.files).toBe(22);
});

it.each(['S3_ACCESS_DENIED', 'S3_FAILED'] as const)(
  'goes on after an object that S3 refuses: %s',
  async (code) => {
    const run = published((key) => {
      if (key === FIRST) throw new TidemarkError(code, 'refused.', { hint: 'Do this.' });
    });
    run.objects.delete(SECOND);
    const { differences } = await verify(run);
    expect(differences).toMatchObject([
      { key: FIRST, kind: 'unreadable', message: 'cannot be read: refused. Do this.', found: null },
      { key: SECOND, kind: 'missing' },
    ]);
  },
);

it('ends where the bucket cannot be reached: that says nothing of the objects', async () => {
  const run = published((key) => {
    if (key === FIRST) throw new TidemarkError('S3_UNAVAILABLE', 'down');
  });
  await expect(verify(run)).rejects.toMatchObject({ code: 'S3_UNAVAILABLE' });
});

it('ends with the reason of whoever aborts it', async () => {
  const controller = new AbortController();
  const reason = new Error('enough');
  const run = published((key) => {
    if (key === FIRST) controller.abort(reason);
  });
  run.objects.delete(SECOND);
  const aborting: Published = {
    ...run,
    reader: {
      ...run.reader,
      async read(key, signal) {
        const object = await run.reader.read(key, signal);
        signal.throwIfAborted();
        return object;
      },
    },
  };
  await expect(verify(aborting, controller.signal)).rejects.toBe(reason);
});
