/** File format and compression of a spec: what goes with what. */
import type { FromSchema } from 'json-schema-to-ts';
import type { Compression, Format } from '../domain/spec.ts';
import { showText } from './show.ts';

/** Codecs a format can be written with; the first is the default. */
const CODECS = {
  csv: ['none', 'gzip', 'zstd'],
  tsv: ['none', 'gzip', 'zstd'],
  jsonl: ['none', 'gzip', 'zstd'],
  parquet: ['snappy', 'zstd', 'none'],
} as const satisfies Record<Format, readonly Compression['codec'][]>;

/** Levels from fast to small. */
const LEVELS: Readonly<Partial<Record<Compression['codec'], readonly [number, number]>>> = {
  gzip: [1, 9],
  zstd: [1, 19],
};

const CODEC_NAMES = ['none', 'gzip', 'zstd', 'snappy'] as const;

export const compressionSchema = {
  title: 'Compression',
  description:
    'How objects are compressed: a codec, or `{"codec": "zstd", "level": 9}`. Text takes `none` (default), `gzip` and `zstd`; Parquet takes `snappy` (default), `zstd` and `none`.',
  anyOf: [
    { enum: CODEC_NAMES },
    {
      type: 'object',
      properties: {
        codec: { title: 'Codec', description: 'As above.', enum: CODEC_NAMES },
        level: {
          title: 'Level',
          description:
            'From fast to small: 1 to 9 for gzip (default 3), 1 to 19 for zstd (default 2, of Parquet 3). Snappy has none.',
          type: ['integer', 'null'],
          default: null,
          examples: [9],
          errorMessage: 'Allowed: a whole number; 1 to 9 for gzip, 1 to 19 for zstd.',
        },
      },
      required: ['codec'],
      additionalProperties: false,
    },
    { type: 'null' },
  ],
  default: null,
  examples: ['gzip', { codec: 'zstd', level: 9 }],
  errorMessage: 'Allowed: "none", "gzip", "zstd" or "snappy", or {"codec": …, "level": …}.',
} as const;

type CompressionDocument = FromSchema<typeof compressionSchema, { keepDefaultedPropertiesOptional: true }>;

export function compressionOf(document: CompressionDocument | undefined, format: Format): Compression {
  if (document === undefined || document === null) return { codec: CODECS[format][0], level: null };
  if (typeof document === 'string') return { codec: document, level: null };
  return { codec: document.codec, level: document.level ?? null };
}

/** What does not go together in values of the right types. */
export function formatFaults(
  format: Format,
  { codec, level }: Compression,
  csv: { readonly delimiter?: string | null | undefined } | null,
): { readonly path: readonly string[]; readonly message: string }[] {
  const faults: { path: readonly string[]; message: string }[] = [];
  const allowed: readonly string[] = CODECS[format];
  if (!allowed.includes(codec)) {
    faults.push({
      path: ['compression'],
      message: `found ${showText(codec)} for ${format}. Allowed: ${allowed.map((one) => showText(one)).join(', ')}.`,
    });
  }
  const range = LEVELS[codec];
  if (level !== null && (range === undefined || level < range[0] || level > range[1])) {
    const may = range === undefined ? 'no level' : `a level from ${range[0]} to ${range[1]}`;
    faults.push({ path: ['compression', 'level'], message: `found ${level}. ${codec} takes ${may}.` });
  }
  if (csv !== null && format !== 'csv' && format !== 'tsv') {
    faults.push({
      path: ['csv'],
      message: `found settings of CSV, and the objects are ${format}. Remove them.`,
    });
  }
  const delimiter = csv?.delimiter ?? null;
  if (format === 'tsv' && delimiter !== null && delimiter !== '\t') {
    faults.push({
      path: ['csv', 'delimiter'],
      message: `found ${showText(delimiter)}; TSV is separated by tabs. Remove it, or use "csv".`,
    });
  }
  return faults;
}
