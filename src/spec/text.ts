/** The bytes of a spec file as text, or the fault that keeps them from being one. */
import { isUtf8 } from 'node:buffer';
import { FaultsError } from '../errors.ts';

/** Nobody writes a larger one by hand; a log or a dump dropped by mistake is not read through. */
export const MAX_SPEC_BYTES = 4 * 1024 * 1024;

/** @throws FaultsError SPEC_INVALID. */
export function specText(bytes: Buffer, file: string): string {
  if (bytes.length > MAX_SPEC_BYTES) throw tooLarge(bytes.length, file);
  // Decoding would replace what is not UTF-8, and a filter for "Müller" would quietly look for something else.
  if (!isUtf8(bytes)) throw unreadable(file, `line ${badLine(bytes)} is not UTF-8; save the file as UTF-8`);
  return bytes.toString('utf8');
}

export function tooLarge(bytes: number, file: string): FaultsError {
  return unreadable(
    file,
    `the file has ${bytes} bytes; a task spec of at most ${MAX_SPEC_BYTES} bytes is allowed`,
  );
}

export function unreadable(file: string, message: string): FaultsError {
  return new FaultsError('SPEC_INVALID', [{ file, line: 1, column: 1, path: '', message }]);
}

/** The first line that is not UTF-8; from 1. */
function badLine(bytes: Buffer): number {
  let line = 1;
  for (let start = 0; start < bytes.length; line++) {
    const end = bytes.indexOf(0x0a, start);
    const stop = end === -1 ? bytes.length : end;
    if (!isUtf8(bytes.subarray(start, stop))) return line;
    start = stop + 1;
  }
  return line;
}
