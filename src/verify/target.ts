/** What `tidemark verify` was asked to look at: a task, or a manifest in one of the config's buckets. */
import { TidemarkError } from '../errors.ts';
import { withNearest } from '../nearest.ts';

/** Where a sink of the config writes. */
export interface SinkPlace {
  readonly bucket: string;
  readonly prefix: string;
}

export type Target =
  | { readonly kind: 'task'; readonly task: string }
  | { readonly kind: 'manifest'; readonly sink: string; readonly key: string };

/**
 * @param text a task's name, a key (which has a slash), or `s3://bucket/key`.
 * @param chosen the sink that was named; null: none.
 * @throws TidemarkError USAGE where the sink is unknown, or where not exactly one fits.
 */
export function targetOf(
  text: string,
  sinks: Readonly<Record<string, SinkPlace>>,
  chosen: string | null,
): Target {
  const names = Object.keys(sinks);
  if (chosen !== null && !names.includes(chosen)) {
    throw new TidemarkError(
      'USAGE',
      `The config has no sink ${withNearest(chosen, names, JSON.stringify(chosen))}.`,
      { hint: `Its sinks are: ${names.join(', ')}.` },
    );
  }
  const url = /^s3:\/\/([^/]+)\/(.+)$/s.exec(text);
  if (url === null && !text.includes('/')) return { kind: 'task', task: text };
  const [bucket, key] = url === null ? [null, text] : [url[1]!, url[2]!];
  const fits = names.filter((name) => {
    const sink = sinks[name]!;
    // A sink that was chosen is taken at its word: a manifest may have been moved out of the prefix.
    if (chosen !== null) return name === chosen && (bucket ?? sink.bucket) === sink.bucket;
    return (bucket ?? sink.bucket) === sink.bucket && key.startsWith(sink.prefix);
  });
  const [sink, ...more] = fits;
  if (sink !== undefined && more.length === 0) return { kind: 'manifest', sink, key };
  const places = (fits.length === 0 ? names : fits).map(
    (name) => `${name} (s3://${sinks[name]!.bucket}/${sinks[name]!.prefix})`,
  );
  throw fits.length === 0
    ? new TidemarkError('USAGE', `No sink of the config writes to ${text}.`, {
        hint: `The sinks are: ${places.join(', ')}. Give the key as the run report has it, prefix included.`,
      })
    : new TidemarkError('USAGE', `${text} may be in several sinks: ${places.join(', ')}.`, {
        hint: 'Choose one with --sink NAME.',
      });
}
