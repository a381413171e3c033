/** The custom query of a spec, and the watermark of one that reads on where the last success ended. */
import type { ColumnTransformation, WatermarkSpec } from '../domain/spec.ts';
import { customQueryFault, pieces, usedPlaceholders } from '../plan/custom-query.ts';
import { nodeAt, textAt } from './json-document.ts';
import type { JsonDocument } from './json-document.ts';
import { textFault } from './names.ts';
import type { Report } from './schema-faults.ts';
import { readQueryWatermark } from './watermark.ts';

/** What the `query` field says; null and null where it says nothing. */
export interface Query {
  readonly custom: string | null;
  /** Given exactly where the query uses `:from` and `:to`. */
  readonly watermark: WatermarkSpec | null;
}

/** Reads the `query` field. Parts of the wrong type are left to the schema. */
export function readQuery(document: JsonDocument, report: Report): Query {
  const custom = textAt(document.root, 'query', 'custom');
  const wrong = custom === null ? null : (customQueryFault(custom) ?? textFault(custom));
  if (wrong !== null) report(['query', 'custom'], wrong);

  const path = ['query', 'watermark'];
  const node = nodeAt(document.root, path);
  const isGiven = node?.type === 'object';
  const incremental = custom !== null && usedPlaceholders(custom).has('to');
  if (incremental || isGiven) {
    const watermark = readQueryWatermark(isGiven ? node : null, path, report);
    if (incremental) return { custom, watermark };
  }
  if (isGiven && custom === null) {
    report(path, 'found a watermark without a custom query. Of a table it stands in table.cdc.', 'key');
  } else if (isGiven && wrong === null) {
    report(
      path,
      'found a watermark, and the query uses neither :from nor :to. Use both, as in "updated_at > :from AND updated_at <= :to", or remove the watermark.',
      'key',
    );
  }
  return { custom, watermark: null };
}

/**
 * What in a query could read the key of the mask `hmac`, which stands in variables of the session; null: nothing.
 */
export function keyLeak(query: string, transformations: readonly ColumnTransformation[]): string | null {
  if (transformations.every(({ mask }) => mask !== 'hmac')) return null;
  const parts = pieces(query);
  const found = parts.some(({ kind, text }) => kind === 'code' && text.includes('@'))
    ? 'a variable (@)'
    : /user_variables/i.exec(query)?.[0];
  return found === undefined
    ? null
    : `found ${found} beside the mask "hmac", whose key stands in variables. Remove one of the two.`;
}
