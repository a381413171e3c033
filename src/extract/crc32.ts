/**
 * CRC-32 of a whole from the CRC-32s of its pieces, so that no byte is summed twice.
 *
 * Appending n zero bytes is a linear map over GF(2); applied to the first piece's CRC it can be XORed with the
 * second's. The map for n bytes is made of those for powers of two. Source: zlib's crc32_combine, M. Adler.
 */

const POLYNOMIAL = 0xedb88320;

/** A linear map on 32 bits: the images of the single bits. */
type Matrix = Uint32Array;

function apply(matrix: Matrix, vector: number): number {
  let sum = 0;
  for (let bit = 0, rest = vector; rest !== 0; bit++, rest >>>= 1) if ((rest & 1) === 1) sum ^= matrix[bit]!;
  return sum >>> 0;
}

function squared(matrix: Matrix): Matrix {
  return matrix.map((image) => apply(matrix, image));
}

/** Maps for 2^k zero bytes, made as they are needed. */
const zeroBytes: Matrix[] = [];

function zeroBytesMap(power: number): Matrix {
  if (zeroBytes.length === 0) {
    const oneBit = Uint32Array.from({ length: 32 }, (_, bit) => (bit === 0 ? POLYNOMIAL : 2 ** (bit - 1)));
    zeroBytes.push(squared(squared(squared(oneBit))));
  }
  while (zeroBytes.length <= power) zeroBytes.push(squared(zeroBytes.at(-1)!));
  return zeroBytes[power]!;
}

/** @param lengthOfSecond in bytes. */
export function crc32Combine(first: number, second: number, lengthOfSecond: number): number {
  let crc = first;
  for (let power = 0, rest = lengthOfSecond; rest > 0; power++, rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) crc = apply(zeroBytesMap(power), crc);
  }
  return (crc ^ second) >>> 0;
}
