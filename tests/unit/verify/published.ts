/** A run of a few objects as it was published, in a bucket in memory that a test may change before it is verified. */
import { crc32 } from 'node:zlib';
import type { PreparedObject } from '../../../src/domain/run.ts';
import type { ObjectReader } from '../../../src/object-ports.ts';
import { manifestOf } from '../../../src/publish/manifest.ts';
import { planOf, RUN, specOf } from '../plan/sample.ts';

export const FIRST = 'p/staff/first.csv';
export const SECOND = 'p/staff/second.csv';
export const MANIFEST_KEY = planOf().manifestKey;

export interface Published {
  /** Content and writer by key; the manifest is among them. A test changes what it likes. */
  readonly objects: Map<string, { content: Buffer; runId: string | null }>;
  readonly reader: ObjectReader;
  /** Changes the manifest's JSON. */
  edit(change: (manifest: Record<string, unknown>) => void): void;
}

/**
 * @param onRead may throw: reading the key then fails with that.
 * @param more objects besides the two, without a record: `p/staff/more_2.csv` and so on.
 * @param fields of the spec; `encode` makes the objects' bytes of their text.
 */
export function published(
  onRead: (key: string) => void = () => {},
  more = 0,
  fields: Readonly<Record<string, unknown>> = {},
  encode: (text: Buffer) => Buffer = (text) => text,
): Published {
  const contents = new Map<string, Buffer>([
    [FIRST, Buffer.from('employee_id,Last_Name\n1,King\n2,"a\nb"\n')],
    [SECOND, Buffer.from('employee_id,Last_Name\n3,x\n')],
    ...Array.from(
      { length: more },
      (_, index) => [`p/staff/more_${index + 2}.csv`, Buffer.from(`header_${index}\n`)] as const,
    ),
  ]);
  for (const [key, text] of contents) contents.set(key, encode(text));
  const prepared = [...contents].map(([key, content], batch): PreparedObject => ({
    table: 'employees',
    batch,
    key,
    uploadId: key,
    parts: [],
    rows: Math.max(0, 2 - batch),
    bytes: content.length,
    crc32: crc32(content).toString(16).padStart(8, '0'),
  }));
  const times = { startedAt: new Date(), preparedAt: new Date() };
  const manifest = manifestOf(planOf(specOf(fields)), prepared, times, [], (key) => `s3://bucket/${key}`);
  const objects: Published['objects'] = new Map(
    [...contents, [manifest.key, Buffer.from(manifest.body)] as const].map(([key, content]) => [
      key,
      { content, runId: RUN.runId },
    ]),
  );
  return {
    objects,
    reader: {
      url: (key) => `s3://bucket/${key}`,
      async read(key) {
        await Promise.resolve();
        onRead(key);
        const object = objects.get(key);
        if (object === undefined) return null;
        const { content, runId } = object;
        // In small pieces: what spans two of them has to be seen.
        async function* body(): AsyncGenerator<Uint8Array> {
          for (let at = 0; at < content.length; at += 5) yield content.subarray(at, at + 5);
        }
        return { bytes: content.length, runId, body: body() };
      },
    },
    edit(change) {
      const body = JSON.parse(manifest.body) as Record<string, unknown>;
      change(body);
      objects.get(manifest.key)!.content = Buffer.from(JSON.stringify(body));
    },
  };
}
