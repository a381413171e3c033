/** Short runs of bytes, four at a time: for these, calls into native code take longer than the bytes do. */

/** The bytes of a buffer as a view of their own. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** Copies up to three bytes more than asked for: there has to be room for them on both sides. */
export function copyWords(from: DataView, start: number, length: number, out: DataView, at: number): void {
  for (let index = 0; index < length; index += 4)
    out.setInt32(at + index, from.getInt32(start + index, true), true);
}

/**
 * Whether four bytes of a text are the same in JSON: none is a control character, a quote, a backslash, or beyond ASCII.
 *
 * A byte below n borrows from bit 7 when n is taken from it: https://graphics.stanford.edu/~seander/bithacks.html#HasLessInWord
 */
function isPlainWord(word: number): boolean {
  const quote = word ^ 0x22222222;
  const backslash = word ^ 0x5c5c5c5c;
  const suspects = (word - 0x20202020) | (quote - 0x01010101) | (backslash - 0x01010101) | word;
  return (suspects & 0x80808080) === 0;
}

/**
 * Copies a text up to a byte that is not the same in JSON. As above, there has to be room for three bytes more.
 *
 * @returns how many bytes were copied.
 */
export function copyPlain(from: DataView, start: number, length: number, out: DataView, at: number): number {
  let index = 0;
  for (; index + 4 <= length; index += 4) {
    const word = from.getInt32(start + index, true);
    if (!isPlainWord(word)) break;
    out.setInt32(at + index, word, true);
  }
  for (; index < length; index++) {
    const byte = from.getUint8(start + index);
    if (byte < 0x20 || byte === 0x22 || byte === 0x5c || byte >= 0x80) break;
    out.setUint8(at + index, byte);
  }
  return index;
}
