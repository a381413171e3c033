/** What went wrong in a module, in words: where in the module, for which row, and what was thrown. */
import { pathToFileURL } from 'node:url';
import { TidemarkError } from '../errors.ts';
import { shown } from './returned-values.ts';

/** The module of a thread. */
export interface ModuleName {
  /** Absolute path. */
  readonly file: string;
  /** As messages name it. */
  readonly name: string;
}

/**
 * @param what was being done: `failed on the row id=5 (row 3)`.
 * @param thrown anything at all.
 */
export function moduleFailed(module: ModuleName, what: string, thrown: unknown): TidemarkError {
  const place = placeIn(module, thrown);
  const error = new TidemarkError(
    'TRANSFORM_FAILED',
    `${place ?? module.name} ${what}: ${thrownText(thrown)}`,
    // A module that asks another service knows best whether it is worth asking again.
    { retryable: isRetryable(thrown) ? true : undefined },
  );
  if (isError(thrown)) error.stack = thrown.stack!;
  return error;
}

/** `TypeError: x is not a function`; of what is no error, what it is. */
export function thrownText(thrown: unknown): string {
  if (isError(thrown)) return `${thrown.name}: ${thrown.message}`;
  return `it threw ${shown(thrown)}, which is no Error`;
}

/** Also one that has come from another thread, which is no native error there. */
function isError(thrown: unknown): thrown is Error {
  if (typeof thrown !== 'object' || thrown === null) return false;
  const { message, stack } = thrown as { message?: unknown; stack?: unknown };
  return typeof message === 'string' && typeof stack === 'string';
}

function isRetryable(thrown: unknown): boolean {
  return isError(thrown) && (thrown as { retryable?: unknown }).retryable === true;
}

/** `explode.ts:12:9`: the innermost place inside the module; null where the stack does not show it. */
export function placeIn({ file, name }: ModuleName, thrown: unknown): string | null {
  if (!isError(thrown)) return null;
  for (const line of thrown.stack!.split('\n')) {
    for (const written of [pathToFileURL(file).href, file]) {
      const at = line.indexOf(`${written}:`);
      if (at === -1) continue;
      const [place] = /^\d+(?::\d+)?/.exec(line.slice(at + written.length + 1)) ?? [];
      if (place !== undefined) return `${name}:${place}`;
    }
  }
  return null;
}
