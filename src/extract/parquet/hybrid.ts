/**
 * Parquet's hybrid of run lengths and bit packing, for definition levels and for the indices of a dictionary.
 * https://github.com/apache/parquet-format/blob/master/Encodings.md#RLE
 */

/** Values are packed by eights; a run has to be worth ending them. */
const GROUP = 8;
const MIN_RUN = 16;

type Values = Uint8Array | Int32Array;

/** Bits of each of so many different values; at least one, as some readers know no less. */
export function bitWidth(distinct: number): number {
  return Math.max(1, 32 - Math.clz32(distinct - 1));
}

/** How many bytes `writeHybrid` needs at most. */
export function maxHybridBytes(count: number, width: number): number {
  // A head of at most 5 bytes comes with a run and with what is packed before it: 16 values or more.
  return Math.ceil(count / GROUP) * width + Math.ceil(count / MIN_RUN + 1) * 14;
}

/**
 * Writes `values[from..to)`.
 *
 * @param width of a value, in bits: at most 24.
 * @param out has room for `maxHybridBytes` from `at` on.
 * @returns the index after the last byte.
 */
export function writeHybrid(
  values: Values,
  from: number,
  to: number,
  width: number,
  out: Uint8Array,
  at: number,
): number {
  let written = at;
  // Values that are not written yet begin here; always a whole number of groups before `index`.
  let pending = from;
  let index = from;
  while (index + GROUP <= to) {
    const value = values[index]!;
    // Most groups are no run, and the first two values say so.
    if (value !== values[index + 1]! || !isRun(values, index, value)) {
      index += GROUP;
      continue;
    }
    let end = index + GROUP;
    while (end < to && values[end] === value) end++;
    if (end - index >= MIN_RUN) {
      if (index > pending) written = packBits(values, pending, index, width, out, written);
      written = writeVarint((end - index) * 2, out, written);
      for (let bits = 0; bits < width; bits += 8) out[written++] = value >>> bits;
      pending = index = end;
    } else index += GROUP;
  }
  return pending < to ? packBits(values, pending, to, width, out, written) : written;
}

function isRun(values: Values, from: number, value: number): boolean {
  for (let index = from + 2; index < from + GROUP; index++) if (values[index] !== value) return false;
  return true;
}

function packBits(
  values: Values,
  from: number,
  to: number,
  width: number,
  out: Uint8Array,
  at: number,
): number {
  const groups = Math.ceil((to - from) / GROUP);
  let written = writeVarint(groups * 2 + 1, out, at);
  const end = written + groups * width;
  let bits = 0;
  let held = 0;
  for (let index = from; index < to; index++) {
    held |= values[index]! << bits;
    bits += width;
    while (bits >= 8) {
      out[written++] = held;
      held >>>= 8;
      bits -= 8;
    }
  }
  if (bits > 0) out[written++] = held;
  // The last group is filled up with zeros.
  while (written < end) out[written++] = 0;
  return written;
}

function writeVarint(value: number, out: Uint8Array, at: number): number {
  let rest = value;
  let written = at;
  while (rest >= 0x80) {
    out[written++] = rest | 0x80;
    rest >>>= 7;
  }
  out[written++] = rest;
  return written;
}
