/** Arrays that grow with what is put into them. */

/** From this many bytes on, an array grows by half instead of doubling: a row group has one such column at most. */
const LARGE_BYTES = 16 * 1024 * 1024;

type Growing = Uint8Array | Int32Array;

/** The array itself, or a larger one that begins with its content. */
export function grown<T extends Growing>(array: T, length: number): T {
  if (length <= array.length) return array;
  const factor = array.byteLength < LARGE_BYTES ? 2 : 1.5;
  const size = Math.max(length, Math.ceil(array.length * factor));
  // A Buffer stays a Buffer; nobody reads what has not been written.
  const larger = Buffer.isBuffer(array)
    ? Buffer.allocUnsafeSlow(size)
    : new (array.constructor as new (size: number) => T)(size);
  larger.set(array);
  return larger as T;
}
