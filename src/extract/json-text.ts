/** Texts and documents as JSON: escapes, valid UTF-8, one line. Bytes to bytes. */
import { isUtf8 } from 'node:buffer';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const NEWLINE = 0x0a;
const RETURN = 0x0d;
const SPACE = 0x20;
/** From this length on, native copies beat a loop over all bytes. */
const LONG = 64;
/** Bytes decoded at once: far below the longest string there can be. */
const PIECE_BYTES = 64 * 1024;

// What a byte of a text is in JSON: itself (0), in need of an escape, or part of a longer UTF-8 sequence.
const ESCAPED = 1;
const BEYOND_ASCII = 2;
const classes = new Uint8Array(256).fill(BEYOND_ASCII, 0x80).fill(ESCAPED, 0, 0x20);
classes[QUOTE] = ESCAPED;
classes[BACKSLASH] = ESCAPED;

const SHORT_ESCAPES: Readonly<Record<number, string>> = {
  [QUOTE]: '\\"',
  [BACKSLASH]: '\\\\',
  0x08: '\\b',
  0x09: '\\t',
  0x0a: '\\n',
  0x0c: '\\f',
  0x0d: '\\r',
};
/** The escape of each byte that needs one. */
const escapes = Array.from({ length: 128 }, (_, byte) =>
  classes[byte] === ESCAPED
    ? Buffer.from(SHORT_ESCAPES[byte] ?? `\\u${byte.toString(16).padStart(4, '0')}`)
    : Buffer.alloc(0),
);

/** @returns how many bytes were copied: all. */
export function copyBytes(from: Buffer, start: number, end: number, out: Buffer, at: number): number {
  if (end - start >= LONG) return from.copy(out, at, start, end);
  for (let index = start, to = at; index < end; index++) out[to++] = from[index]!;
  return end - start;
}

/**
 * Writes a text as the inside of a JSON string. What is not valid UTF-8 becomes U+FFFD, as decoders do it.
 *
 * @returns the index after the last byte written; negative where the text was not valid UTF-8.
 */
export function writeText(from: Buffer, start: number, end: number, out: Buffer, at: number): number {
  let to = at;
  for (let index = start; index < end; index++) {
    const byte = from[index]!;
    const found = classes[byte]!;
    if (found === ESCAPED) to = writeEscape(byte, out, to);
    else if (found === BEYOND_ASCII && !isUtf8(from.subarray(index, end)))
      return -writeDecoded(from, index, end, out, to);
    else if (found === BEYOND_ASCII) return writeValid(from, index, end, out, to);
    else out[to++] = byte;
  }
  return to;
}

function writeEscape(byte: number, out: Buffer, at: number): number {
  const escape = escapes[byte]!;
  return at + copyBytes(escape, 0, escape.length, out, at);
}

/** Of bytes that are known to be valid UTF-8. */
function writeValid(from: Buffer, start: number, end: number, out: Buffer, at: number): number {
  let to = at;
  for (let index = start; index < end; index++) {
    const byte = from[index]!;
    if (classes[byte] === ESCAPED) to = writeEscape(byte, out, to);
    else out[to++] = byte;
  }
  return to;
}

/** Of bytes that are not. */
function writeDecoded(from: Buffer, start: number, end: number, out: Buffer, at: number): number {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  let to = at;
  for (let index = start; index < end; index += PIECE_BYTES) {
    const next = Math.min(end, index + PIECE_BYTES);
    const text = Buffer.from(decoder.decode(from.subarray(index, next), { stream: next < end }));
    to = writeValid(text, 0, text.length, out, to);
  }
  return to;
}

/** Whether a text can stand where JSON has a value. */
export function isJson(from: Buffer, start: number, end: number): boolean {
  if (!isUtf8(from.subarray(start, end))) return false;
  try {
    JSON.parse(from.toString('utf8', start, end));
    return true;
  } catch {
    return false;
  }
}

/** Writes a document on one line: line breaks can only stand between its tokens. @returns how many bytes. */
export function writeDocument(from: Buffer, start: number, end: number, out: Buffer, at: number): number {
  for (let index = start, to = at; index < end; index++) {
    const byte = from[index]!;
    out[to++] = byte === NEWLINE || byte === RETURN ? SPACE : byte;
  }
  return end - start;
}
