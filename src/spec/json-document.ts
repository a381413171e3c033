/**
 * JSON text as a value whose every part knows its line and column. Plain JSON (RFC 8259) only: comments, trailing
 * commas and a key that stands twice are faults. A byte order mark is skipped.
 */
import { createScanner, parseTree } from 'jsonc-parser';
import type { Node, ParseError } from 'jsonc-parser';
import type { Fault } from '../errors.ts';
import { showText } from './show.ts';

export type Segment = string | number;

/** Deeper nesting than any spec or config has. The parser is recursive: this is what keeps the stack whole. */
const DEEPEST = 50;

/** Syntax faults beyond these are mostly echoes of the first. */
const MOST_SYNTAX_FAULTS = 10;

// jsonc-parser exports its codes as `const enum`s, which cannot be used where types are only stripped.
const TOKEN = { openBrace: 1, closeBrace: 2, openBracket: 3, closeBracket: 4, endOfFile: 17 };
const SYNTAX_FAULTS: Readonly<Record<number, string>> = {
  1: 'found a word that JSON does not know; texts stand in double quotes',
  2: 'found a number that JSON does not know, such as 01 or 1.',
  3: 'found no key; keys stand in double quotes, and no comma stands behind the last entry',
  4: 'found no value; no comma stands behind the last entry',
  5: 'found no colon between key and value',
  6: 'found no comma between two entries',
  7: 'found no closing }',
  8: 'found no closing ]',
  9: 'found more text behind the end of the JSON value',
  10: 'found a comment; JSON has none',
  11: 'found a comment that is never closed; JSON has no comments',
  12: 'found a text whose closing " is missing on the same line',
  13: 'found a number that breaks off',
  14: 'found a \\u escape without four hexadecimal digits',
  15: 'found an escape that JSON does not know; write \\\\ for a backslash',
  16: 'found a control character; write \\t, \\n or \\u001f',
};

type Position = Pick<Fault, 'line' | 'column'>;

export interface JsonDocument {
  readonly file: string;
  readonly text: string;
  readonly root: Node;
  /** Line and column of an offset in `text`. */
  readonly position: (offset: number) => Position;
}

/** A document, or what keeps it from being one. */
export type JsonReading =
  { readonly document: JsonDocument } | { readonly document: null; readonly faults: readonly Fault[] };

/** Reads JSON text whose outermost value must be an object. */
export function readJson(rawText: string, file: string): JsonReading {
  const text = rawText.startsWith('\ufeff') ? rawText.slice(1) : rawText;
  const position = positionsIn(text);
  const faults: Fault[] = [];
  const report = (offset: number, message: string): void => {
    faults.push({ file, ...position(offset), path: '', message });
  };
  const failed = (): JsonReading => ({ document: null, faults });

  if (text.trim() === '') {
    report(0, 'found an empty file; a JSON object is allowed');
    return failed();
  }
  const tooDeep = depthExceededAt(text);
  if (tooDeep !== null) {
    report(tooDeep, `found more than ${DEEPEST} levels of brackets; none of the settings nests that deep`);
    return failed();
  }
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { disallowComments: true, allowTrailingComma: false });
  for (const error of firstPerLine(errors, position)) {
    const found = text.slice(error.offset, error.offset + Math.max(error.length, 1)).trim();
    const near = found === '' ? '' : ` (at ${showText(found, 20)})`;
    report(error.offset, `${SYNTAX_FAULTS[error.error] ?? 'found something that is not JSON'}${near}`);
  }
  if (faults.length > 0 || root === undefined) return failed();
  if (root.type !== 'object') {
    report(root.offset, `found ${describeNode(root, text)}; an object { … } is allowed`);
    return failed();
  }
  reportDuplicateKeys(root, report);
  return faults.length > 0 ? failed() : { document: { file, text, root, position } };
}

/** Finds line and column (1-based, in UTF-16 units as editors count them); lines are looked for once, when asked. */
function positionsIn(text: string): (offset: number) => Position {
  let starts: number[] | null = null;
  return (offset) => {
    starts ??= [0, ...Array.from(text.matchAll(/\r\n|\r|\n/g), (match) => match.index + match[0].length)];
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - starts[low]! + 1 };
  };
}

function depthExceededAt(text: string): number | null {
  // Most texts hold too few brackets to be too deep; they are not scanned twice.
  if ((text.match(/[[{]/g)?.length ?? 0) <= DEEPEST) return null;
  const scanner = createScanner(text, true);
  let depth = 0;
  for (;;) {
    const token: number = scanner.scan();
    if (token === TOKEN.endOfFile) return null;
    if (token === TOKEN.openBrace || token === TOKEN.openBracket) depth += 1;
    if (token === TOKEN.closeBrace || token === TOKEN.closeBracket) depth -= 1;
    if (depth > DEEPEST) return scanner.getTokenOffset();
  }
}

function firstPerLine(errors: readonly ParseError[], position: (offset: number) => Position): ParseError[] {
  const byLine = new Map<number, ParseError>();
  for (const error of errors) {
    const { line } = position(error.offset);
    if (!byLine.has(line)) byLine.set(line, error);
  }
  return [...byLine.values()].slice(0, MOST_SYNTAX_FAULTS);
}

function reportDuplicateKeys(node: Node, report: (offset: number, message: string) => void): void {
  if (node.type === 'object') {
    const seen = new Set<string>();
    for (const { key, keyNode } of entries(node)) {
      if (seen.has(key))
        report(keyNode.offset, `found the key ${showText(key)} a second time; a key stands once`);
      seen.add(key);
    }
  }
  for (const child of node.children ?? []) reportDuplicateKeys(child, report);
}

export interface Entry {
  readonly key: string;
  readonly keyNode: Node;
  readonly value: Node;
}

/** Keys and values of an object in the order of the text, which JavaScript objects do not keep for keys like "7". */
export function entries(node: Node): Entry[] {
  return (node.children ?? []).map((property) => ({
    key: property.children![0]!.value as string,
    keyNode: property.children![0]!,
    value: property.children![1]!,
  }));
}

// Without `entries`, which makes an object for each key: a spec may have very many of them.
function propertyAt(node: Node, key: Segment): Node | null {
  for (const property of node.children ?? []) {
    if (property.children?.[0]?.value === key) return property.children[1] ?? null;
  }
  return null;
}

/** The node at a path below another; null where there is none. */
export function nodeAt(root: Node, path: readonly Segment[]): Node | null {
  let node: Node | null = root;
  for (const segment of path) {
    if (node?.type === 'object') node = propertyAt(node, segment);
    else if (node?.type === 'array') node = node.children?.[Number(segment)] ?? null;
    else return null;
  }
  return node;
}

/** The text at a path below a node; null where there is none, or something else. */
export function textAt(root: Node, ...path: readonly Segment[]): string | null {
  const value: unknown = nodeAt(root, path)?.value;
  return typeof value === 'string' ? value : null;
}

/** The value of a node. Objects have no prototype, so that a key such as `__proto__` is a key like any other. */
export function plainValue(node: Node): unknown {
  if (node.type === 'array') return (node.children ?? []).map(plainValue);
  if (node.type !== 'object') return node.value as unknown;
  const value = Object.create(null) as Record<string, unknown>;
  for (const entry of entries(node)) value[entry.key] = plainValue(entry.value);
  return value;
}

/** What was found, in words short enough for a message. */
export function describeNode(node: Node, text: string): string {
  switch (node.type) {
    case 'object':
      return (node.children ?? []).length === 0 ? 'an empty object' : 'an object';
    case 'array':
      return (node.children ?? []).length === 0 ? 'an empty list' : 'a list';
    case 'string':
      return showText(node.value as string);
    default: {
      const source = text.slice(node.offset, node.offset + node.length);
      return source.length <= 40 ? source : `${source.slice(0, 40)}…`;
    }
  }
}
