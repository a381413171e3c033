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

// From here on the text is known to be JSON, so each value begins and ends where it must.

/** Where the value of a key begins. Of a key that stands twice, the last counts. */
function memberAt(text: string, object: number, key: string): number | null {
  if (text[object] !== '{') return null;
  let found: number | null = null;
  let at = skipSpace(text, object + 1);
  while (text[at] === '"') {
    const end = skipString(text, at);
    const value = skipSpace(text, skipSpace(text, end) + 1);
    if (isKey(text.slice(at, end), key)) found = value;
    at = skipSpace(text, skipValue(text, value));
    if (text[at] === ',') at = skipSpace(text, at + 1);
  }
  return found;
}

function isKey(source: string, key: string): boolean {
  return source.includes('\\') ? JSON.parse(source) === key : source.slice(1, -1) === key;
}

/** Where an element begins. What is no array counts as an array of one element, as it does in MySQL. */
function elementAt(text: string, array: number, index: number): number | null {
  if (text[array] !== '[') return index === 0 ? array : null;
  let at = skipSpace(text, array + 1);
  for (let passed = 0; text[at] !== ']'; passed++) {
    if (passed === index) return at;
    at = skipSpace(text, skipValue(text, at));
    if (text[at] === ',') at = skipSpace(text, at + 1);
  }
  return null;
}

const SPACE = /[ \t\n\r]*/y;
const SCALAR = /[^\s,\]}]*/y;
const STRING = /"[^"\\]*(?:\\.[^"\\]*)*"/sy;
/** All up to the next quote or bracket. */
const PLAIN = /[^"[\]{}]*/y;

function skip(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  pattern.test(text);
  return pattern.lastIndex;
}

function skipSpace(text: string, at: number): number {
  return skip(SPACE, text, at);
}

function skipString(text: string, at: number): number {
  return skip(STRING, text, at);
}

/** The index behind a value. Not recursive: a document may be deeper than the stack. */
function skipValue(text: string, start: number): number {
  const first = text[start];
  if (first === '"') return skipString(text, start);
  if (first !== '{' && first !== '[') return skip(SCALAR, text, start);
  let depth = 0;
  let at = start;
  do {
    at = skip(PLAIN, text, at);
    const character = text[at];
    if (character === '"') at = skipString(text, at);
    else {
      depth += character === '{' || character === '[' ? 1 : -1;
      at += 1;
    }
  } while (depth > 0);
  return at;
}
