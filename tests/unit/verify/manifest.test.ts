/** A manifest as it is read back: what was written is understood, anything else is named. */
import { readManifest } from '../../../src/verify/manifest.ts';
import { RUN } from '../plan/sample.ts';
import { FIRST, MANIFEST_KEY, published, type Published, SECOND } from './published.ts';

const NEVER = new AbortController().signal;

it('understands what the publication writes', async () => {
  const manifest = await readManifest(published().reader, MANIFEST_KEY, NEVER);
  expect(manifest).toMatchObject({
    task: 'staff',
    run_id: RUN.runId,
    rows: 3,
    csv: { quote: '"', header: true },
  });
  expect(manifest.entries.map(({ key, meta }) => [key, meta.record_count])).toEqual([
    [FIRST, 2],
    [SECOND, 1],
  ]);
});

const broken: [string, (run: Published) => void, RegExp][] = [
  ['is gone', ({ objects }) => objects.delete(MANIFEST_KEY), /does not exist\.$/],
  ['is cut off', ({ objects }) => (objects.get(MANIFEST_KEY)!.content = Buffer.from('{"entries": [')), /is not JSON: /],
  ['is something else', ({ objects }) => (objects.get(MANIFEST_KEY)!.content = Buffer.from('[1]')), /can verify: it must be object/],
  ['has no entries', ({ edit }) => edit((body) => delete body['entries']), /can verify: it must have required property 'entries'/],
  ['has another format', ({ edit }) => edit((body) => (body['format'] = 'orc')), /can verify: \/format must be equal to one of/],
  ['has another compression', ({ edit }) => edit((body) => (body['compression'] = 'lz4')), /can verify: \/compression must be equal to one of/],
  ['is of CSV without a dialect', ({ edit }) => edit((body) => (body['csv'] = null)), /can verify: it is of csv and has no dialect/],
  ['has another crc', ({ edit }) => edit((body) => ((body['entries'] as { crc32: unknown }[])[1]!.crc32 = 5)), /\/entries\/1\/crc32 must be string/],
  ['contradicts itself', ({ edit }) => edit((body) => (body['rows'] = 4)), /contradicts itself: its rows are 4, those of its entries 3/],
  ['contradicts itself in bytes', ({ edit }) => edit((body) => (body['bytes'] = 4)), /contradicts itself: its bytes are 4/],
]; // prettier-ignore

it.each(broken)('names a manifest that %s', async (_, change, message) => {
  const run = published();
  change(run);
  await expect(readManifest(run.reader, MANIFEST_KEY, NEVER)).rejects.toMatchObject({
    code: 'MANIFEST_UNREADABLE',
    message: expect.stringMatching(message),
  });
});

it('does not take an object of a hundred megabytes for a manifest, nor into memory', async () => {
  let asked = false;
  const body = (async function* () {
    asked = true;
    yield Buffer.alloc(1);
  })();
  const reader = {
    ...published().reader,
    read: () => Promise.resolve({ bytes: 100_000_001, runId: null, body }),
  };
  await expect(readManifest(reader, MANIFEST_KEY, NEVER)).rejects.toMatchObject({
    message: expect.stringMatching(/has 100000001 bytes/),
  });
  expect(asked).toBe(false);
});
