/** What a format says of its objects: their extension, their content type, whether a dialect is for them. */
import type { OutputOptions } from '../domain/spec.ts';

type Naming = Pick<OutputOptions, 'format' | 'compression'>;

const SUFFIXES = { none: '', gzip: '.gz', zstd: '.zst', snappy: '' } as const;

/** Without the first dot: `csv`, `jsonl.gz`. Readers tell the compression of text by it; Parquet says its own. */
export function extensionOf({ format, compression }: Naming): string {
  return format === 'parquet' ? format : `${format}${SUFFIXES[compression.codec]}`;
}

/** Whether the `csv` options are about it. */
export function isDelimited({ format }: Pick<OutputOptions, 'format'>): boolean {
  return format === 'csv' || format === 'tsv';
}

const TEXT_TYPES = {
  csv: 'text/csv; charset=utf-8',
  tsv: 'text/tab-separated-values; charset=utf-8',
  jsonl: 'application/x-ndjson',
} as const;

/**
 * What the bytes of an object are. A compressed object is a file of that compression, not a text in transit: with a
 * Content-Encoding, some clients would take it off and some warehouses would look for it in vain.
 */
export function contentTypeOf({ format, compression }: Naming): string {
  if (format === 'parquet') return 'application/vnd.apache.parquet';
  switch (compression.codec) {
    case 'gzip':
      return 'application/gzip';
    case 'zstd':
      return 'application/zstd';
    default:
      return TEXT_TYPES[format];
  }
}
