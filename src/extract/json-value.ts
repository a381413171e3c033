/**
 * Finds the value at a path of a JSON document and takes it out as it is written, digit by digit: a parser would make
 * floating-point numbers of it.
 */
import { spacedJson } from './spaced-json.ts';

/** A value that is not JSON null. */
export interface JsonValue {
  /** As JSON, with the spaces that servers put into it. */
  readonly json: string;
  /** The same; of a string, without its quotes and escapes. */
  readonly text: string;
}

/** A text that is a JSON document, or null: what is none has no values, and servers say NULL. */
export function jsonDocument(bytes: Buffer): string | null {
  const text = bytes.toString();
  try {
    JSON.parse(text);
    return text;
  } catch {
    return null;
  }
}

/**
 * @param document is JSON.
 * @returns null where nothing stands at the path, and for JSON null.
 */
export function jsonValueAt(document: string, path: readonly (string | number)[]): JsonValue | null {
  let at: number | null = skipSpace(document, 0);
  for (const leg of path) {
    at = typeof leg === 'number' ? elementAt(document, at, leg) : memberAt(document, at, leg);
    if (at === null) return null;
  }
  const source = document.slice(at, skipValue(document, at));
  if (source === 'null') return null;
  if (!source.startsWith('"')) {
    const json = spacedJson(source);
    return { json, text: json };
  }
  const text = JSON.parse(source) as string;
  // Half of a surrogate pair is no character; no server takes such a document.
  return /\p{Surrogate}/u.test(text) ? null : { json: source, text };
}

// From here on the text is known to be JSON, so each value begins and ends where it must. Loops over character codes:
// this is done for every field of every row.

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const SPACE = 0x20;

/** Where the value of a key begins. Of a key that stands twice, the last counts. */
function memberAt(text: string, object: number, key: string): number | null {
  if (text.charCodeAt(object) !== OPEN_OBJECT) return null;
  let found: number | null = null;
  let at = skipSpace(text, object + 1);
  while (text.charCodeAt(at) === QUOTE) {
    const end = skipString(text, at);
    // Behind the colon.
    const value = skipSpace(text, skipSpace(text, end) + 1);
    if (isKey(text, at, end, key)) found = value;
    at = skipComma(text, skipValue(text, value));
  }
  return found;
}

function isKey(text: string, start: number, end: number, key: string): boolean {
  const source = text.slice(start, end);
  return source.includes('\\') ? JSON.parse(source) === key : source.slice(1, -1) === key;
}

/** Where an element begins. What is no array counts as an array of one element, as it does in MySQL. */
function elementAt(text: string, array: number, index: number): number | null {
  if (text.charCodeAt(array) !== OPEN_ARRAY) return index === 0 ? array : null;
  let at = skipSpace(text, array + 1);
  for (let passed = 0; text.charCodeAt(at) !== CLOSE_ARRAY; passed++) {
    if (passed === index) return at;
    at = skipComma(text, skipValue(text, at));
  }
  return null;
}

/** The space of JSON: nothing else up to U+0020 stands between its tokens. */
function skipSpace(text: string, start: number): number {
  let at = start;
  while (at < text.length && text.charCodeAt(at) <= SPACE) at++;
  return at;
}

function skipComma(text: string, start: number): number {
  const at = skipSpace(text, start);
  return text.charCodeAt(at) === COMMA ? skipSpace(text, at + 1) : at;
}

function skipString(text: string, start: number): number {
  let at = start + 1;
  for (;;) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at + 1;
    at += code === BACKSLASH ? 2 : 1;
  }
}

/** The index behind a value. Not recursive: a document may be deeper than the stack. */
function skipValue(text: string, start: number): number {
  const first = text.charCodeAt(start);
  if (first === QUOTE) return skipString(text, start);
  if (first !== OPEN_OBJECT && first !== OPEN_ARRAY) return skipScalar(text, start);
  let depth = 0;
  let at = start;
  do {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = skipString(text, at);
      continue;
    }
    if (code === OPEN_OBJECT || code === OPEN_ARRAY) depth += 1;
    if (code === CLOSE_OBJECT || code === CLOSE_ARRAY) depth -= 1;
    at += 1;
  } while (depth > 0);
  return at;
}

/** Numbers and words. */
function skipScalar(text: string, start: number): number {
  let at = start;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code <= SPACE || code === COMMA || code === CLOSE_ARRAY || code === CLOSE_OBJECT) break;
    at++;
  }
  return at;
}
