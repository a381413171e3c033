/** A manifest as it is read back from a bucket: checked, because anybody may have written it. */
import { Ajv } from 'ajv';
import type { FromSchema } from 'json-schema-to-ts';
import { TidemarkError } from '../errors.ts';
import type { ObjectReader } from '../object-ports.ts';

const text = { type: 'string' } as const;
const count = { type: 'integer', minimum: 0 } as const;

/** As much of a manifest as is looked at here; see publish/manifest.ts for all of it. */
const schema = {
  type: 'object',
  properties: {
    entries: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          key: text,
          table: text,
          batch: { anyOf: [count, { type: 'null' }] },
          crc32: { type: 'string', pattern: '^[0-9a-f]{8}$' },
          meta: {
            type: 'object',
            properties: { content_length: count, record_count: count },
            required: ['content_length', 'record_count'],
          },
        },
        required: ['key', 'table', 'batch', 'crc32', 'meta'],
      },
    },
    task: text,
    run_id: text,
    scheduled_for: text,
    format: { enum: ['csv', 'tsv', 'jsonl', 'parquet'] },
    compression: { enum: ['none', 'gzip', 'zstd', 'snappy'] },
    // Null of what is not CSV or TSV.
    csv: {
      anyOf: [
        {
          type: 'object',
          properties: { quote: { type: 'string', minLength: 1, maxLength: 1 }, header: { type: 'boolean' } },
          required: ['quote', 'header'],
        },
        { type: 'null' },
      ],
    },
    rows: count,
    bytes: count,
  },
  required: ['entries', 'task', 'run_id', 'scheduled_for', 'format', 'compression', 'csv', 'rows', 'bytes'],
} as const;

export type Manifest = FromSchema<typeof schema>;
export type ManifestEntry = Manifest['entries'][number];

/** A hundred thousand entries have half of it. What is larger was never a manifest. */
const MAX_BYTES = 100_000_000;

const isManifest = new Ajv({ strictTypes: false }).compile<Manifest>(schema);

/**
 * @throws TidemarkError MANIFEST_UNREADABLE, and those of the sink.
 */
export async function readManifest(
  reader: ObjectReader,
  key: string,
  signal: AbortSignal,
): Promise<Manifest> {
  const unreadable = (why: string): TidemarkError =>
    new TidemarkError('MANIFEST_UNREADABLE', `The manifest ${reader.url(key)} ${why}.`);
  const object = await reader.read(key, signal);
  if (object === null) throw unreadable('does not exist');
  const chunks: Uint8Array[] = [];
  if (object.bytes <= MAX_BYTES) for await (const chunk of object.body) chunks.push(chunk);
  else throw unreadable(`has ${object.bytes} bytes, which no manifest has`);

  let value: unknown;
  try {
    value = JSON.parse(Buffer.concat(chunks).toString());
  } catch (error) {
    throw unreadable(`is not JSON: ${(error as Error).message}`);
  }
  if (!isManifest(value)) {
    const { instancePath, message } = isManifest.errors![0]!;
    throw unreadable(`is not one that this Tidemark can verify: ${instancePath || 'it'} ${message}`);
  }
  if (value.csv === null && (value.format === 'csv' || value.format === 'tsv'))
    throw unreadable(`is not one that this Tidemark can verify: it is of ${value.format} and has no dialect`);
  for (const [total, of] of [
    ['rows', 'record_count'],
    ['bytes', 'content_length'],
  ] as const) {
    const sum = value.entries.reduce((so, { meta }) => so + meta[of], 0);
    if (sum !== value[total])
      throw unreadable(`contradicts itself: its ${total} are ${value[total]}, those of its entries ${sum}`);
  }
  return value;
}
