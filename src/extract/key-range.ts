/** Which keys are in the objects of one range: where it outgrows one, the first row of the next tells where that begins. */
import type { KeyRange, OutputColumn } from '../domain/plan.ts';
import { readRow } from './row-packet.ts';

/**
 * The key of a row, as it stands in ranges.
 *
 * @param cell place of the column in the row.
 * @param kind of the column there.
 * @returns null: NULL.
 */
export function keyAt(
  packet: Buffer,
  start: number,
  cell: number,
  kind: OutputColumn['kind'],
): string | null {
  const bytes = readRow(packet, start, cell + 1)[cell] ?? null;
  if (bytes === null) return null;
  return kind === 'binary' ? `0x${bytes.toString('hex').toUpperCase()}` : bytes.toString('utf8');
}

/**
 * The keys of each object of a range, in their order. Where rows with the same key may be in two of them, or it is not
 * known where an object begins, it is said to go on to the end of the range: nothing outside is in it.
 *
 * @param begins key of the first row of each object but the first; null: NULL, or not known.
 * @param unique whether no two rows have the same key.
 */
export function pieceRanges(
  range: KeyRange,
  begins: readonly (string | null)[],
  unique: boolean,
): KeyRange[] {
  let from = range.from;
  return [null, ...begins].map((begin, at) => {
    from = begin ?? from;
    return { ...range, from, to: (unique ? begins[at] : null) ?? range.to };
  });
}
