/**
 * What every sink promises to the publication, as one suite: the fake of the unit tests and the real one must both
 * pass it, so that the fake stays honest.
 */
import { crc32 } from 'node:zlib';
import type { PreparedObject } from '../../src/domain/run.ts';
import type { PendingUpload, Sink } from '../../src/ports.ts';

/** A sink, and a look behind it. */
export interface SinkUnderTest {
  readonly sink: Sink;
  /** Keys of all that can be seen. */
  keys(): Promise<string[]>;
  read(key: string): Promise<Buffer>;
  /** Keys of uploads neither completed nor aborted. */
  uploads(): Promise<string[]>;
}

const RUN = 'run-1';
const META = { contentType: 'text/csv; charset=utf-8', runId: RUN };
const MANIFEST_META = { contentType: 'application/json', runId: RUN };
/** Every part but the last has at least so many bytes. */
const PART_BYTES = 5 * 1024 * 1024;

/** @param open is called once; what it returns is used by all tests, each under keys of its own. */
export function sinkContract(name: string, open: () => Promise<SinkUnderTest>): void {
  describe(`${name}, as a sink`, () => {
    let under: SinkUnderTest;
    beforeAll(async () => {
      under = await open();
    });
    const signal = new AbortController().signal;

    /** Sends bodies as parts, the last first, all at once. */
    const prepare = async (upload: PendingUpload, bodies: readonly Buffer[]): Promise<PreparedObject> => {
      const sent = bodies.map((body, index) => ({ body, partNumber: index + 1 }));
      const parts = await Promise.all(
        sent.toReversed().map(({ body, partNumber }) => upload.sendPart(partNumber, body, crc32(body))),
      );
      const whole = Buffer.concat(bodies);
      return {
        table: 't',
        batch: null,
        key: upload.key,
        uploadId: upload.uploadId,
        rows: 1,
        parts: parts.toReversed(),
        bytes: whole.length,
        crc32: crc32(whole).toString(16).padStart(8, '0'),
      };
    };
    const seen = async (key: string): Promise<boolean> => (await under.keys()).includes(key);

    it('shows nothing of an object before it is completed, and all of it then', async () => {
      const key = 'contract/whole.csv';
      const upload = await under.sink.begin(key, META, signal);
      expect(upload.key).toBe(key);
      const bodies = [
        Buffer.alloc(PART_BYTES, 'ab,c\n'),
        Buffer.alloc(PART_BYTES + 7, 'x'),
        Buffer.from('end\n'),
      ];
      const prepared = await prepare(upload, bodies);
      expect(prepared.parts.map(({ partNumber }) => partNumber)).toEqual([1, 2, 3]);
      expect(await seen(key)).toBe(false);
      expect(await under.uploads()).toContain(key);
      await under.sink.complete(prepared, RUN);
      expect((await under.read(key)).equals(Buffer.concat(bodies))).toBe(true);
      expect(await under.uploads()).not.toContain(key);
    });

    it('takes an object of no bytes', async () => {
      const key = 'contract/empty.csv';
      await under.sink.complete(
        await prepare(await under.sink.begin(key, META, signal), [Buffer.alloc(0)]),
        RUN,
      );
      expect(await under.read(key)).toHaveLength(0);
    });

    it('completes twice without harm', async () => {
      const key = 'contract/twice.csv';
      const prepared = await prepare(await under.sink.begin(key, META, signal), [Buffer.from('once')]);
      await under.sink.complete(prepared, RUN);
      await under.sink.complete(prepared, RUN);
      expect((await under.read(key)).toString()).toBe('once');
      expect(await under.uploads()).not.toContain(key);
    });

    it('completes from plain data: another process may do it', async () => {
      const key = 'contract/later.csv';
      const prepared = await prepare(await under.sink.begin(key, META, signal), [Buffer.from('later')]);
      await under.sink.complete(JSON.parse(JSON.stringify(prepared)) as PreparedObject, RUN);
      expect((await under.read(key)).toString()).toBe('later');
    });

    it('replaces an object of the same key as a whole', async () => {
      const key = 'contract/replaced.csv';
      for (const text of ['the first, longer one', 'second']) {
        await under.sink.complete(
          await prepare(await under.sink.begin(key, META, signal), [Buffer.from(text)]),
          RUN,
        );
        expect((await under.read(key)).toString()).toBe(text);
      }
    });

    it('aborts without a trace, and as often as asked', async () => {
      const key = 'contract/aborted.csv';
      const upload = await under.sink.begin(key, META, signal);
      const prepared = await prepare(upload, [Buffer.from('never')]);
      for (let time = 0; time < 2; time++) await under.sink.abort(upload);
      expect(await seen(key)).toBe(false);
      expect(await under.uploads()).not.toContain(key);
      await expect(under.sink.complete(prepared, RUN)).rejects.toMatchObject({ code: 'UPLOAD_GONE' });
      expect(await seen(key)).toBe(false);
    });

    it('finds the open uploads of exactly one key', async () => {
      const key = 'contract/open.csv';
      const first = await under.sink.begin(key, META, signal);
      const second = await under.sink.begin(key, META, signal);
      const other = await under.sink.begin(`${key}.more`, META, signal);
      expect((await under.sink.openUploads(key)).toSorted()).toEqual(
        [first.uploadId, second.uploadId].toSorted(),
      );
      expect(await under.sink.openUploads('contract/ope')).toEqual([]);
      for (const upload of [first, second, other]) await under.sink.abort(upload);
      expect(await under.sink.openUploads(key)).toEqual([]);
    });

    it('puts a small object, also over another', async () => {
      const key = 'contract/_manifest.json';
      await under.sink.put(key, Buffer.from('{"a": 1}'), MANIFEST_META);
      await under.sink.put(key, Buffer.from('{}'), MANIFEST_META);
      expect((await under.read(key)).toString()).toBe('{}');
    });

    it('removes an object, and does not mind one that is not there', async () => {
      const key = 'contract/removed.json';
      await under.sink.put(key, Buffer.from('{}'), MANIFEST_META);
      for (let time = 0; time < 2; time++) await under.sink.remove(key);
      expect(await seen(key)).toBe(false);
    });

    it('keeps keys of any script apart', async () => {
      const keys = [
        'contract/Größe 表 %20+&=?#.csv',
        'contract/Größe 表 %20+&=?#',
        "contract/it's (1)*!~.csv",
      ];
      for (const [index, key] of keys.entries()) {
        const upload = await under.sink.begin(key, META, signal);
        await under.sink.complete(await prepare(upload, [Buffer.from(`${index}`)]), RUN);
      }
      for (const [index, key] of keys.entries()) expect((await under.read(key)).toString()).toBe(`${index}`);
      expect((await under.keys()).filter((key) => keys.includes(key))).toHaveLength(keys.length);
    });

    it('tells which run wrote an object, whichever way it was written', async () => {
      const key = 'contract/owned.csv';
      expect(await under.sink.runOf(key)).toBeNull();
      await under.sink.complete(
        await prepare(await under.sink.begin(key, META, signal), [Buffer.from('ours')]),
        RUN,
      );
      expect(await under.sink.runOf(key)).toBe(RUN);
      await under.sink.put(key, Buffer.from('theirs'), { ...META, runId: 'run-2' });
      expect(await under.sink.runOf(key)).toBe('run-2');
    });

    it('names the place of a key by a URL', () => {
      expect(under.sink.url('a/b.csv')).toMatch(/^s3:\/\/[^/]+\/a\/b\.csv$/);
    });
  });
}
