/**
 * What a plan leaves to be done to rows here, because the server cannot do it exactly: fields of JSON documents on
 * servers without JSON functions, and in text columns of MySQL. Row packets come in, row packets go out.
 */
import { createHash } from 'node:crypto';
import type { CellMapping, RowMapping } from '../domain/plan.ts';
import { REDACTED, SHOWN_CHARACTERS } from '../plan/mask-sql.ts';
import { typedText } from './field-value.ts';
import { jsonDocument, jsonValueAt } from './json-value.ts';
import { readRow, writeRow, type Cell } from './row-packet.ts';

type Field = NonNullable<CellMapping['field']>;
type Hmac = (value: Uint8Array) => string;

/**
 * @param hmac of the snapshot: with the key of the config.
 * @returns what makes a packet of its own of each row.
 */
export function rowMapper(
  { columns, cells }: RowMapping,
  hmac: Hmac | null | undefined,
): (packet: Buffer, start: number) => Buffer {
  const readers = cells.map(({ field }) => (field === null ? null : fieldReader(field, hmac)));
  return (packet, start) => {
    const row = readRow(packet, start, columns.length);
    // Several fields are read out of one document.
    const documents = new Map<number, string | null>();
    const documentAt = (index: number): string | null => {
      const known = documents.get(index);
      if (known !== undefined) return known;
      const cell = row[index]!;
      const document = cell === null ? null : jsonDocument(cell);
      documents.set(index, document);
      return document;
    };
    return writeRow(
      cells.map(({ from }, index): Cell => {
        const read = readers[index]!;
        return read === null ? row[from]! : read(documentAt(from));
      }),
    );
  };
}

function fieldReader(field: Field, hmac: Hmac | null | undefined): (document: string | null) => Cell {
  const standIn = defaultText(field);
  const mask = masker(field.mask, hmac);
  return (document) => {
    const found = document === null ? null : fieldText(document, field);
    const text = found ?? standIn;
    const masked = text === null ? null : mask(text);
    return masked === null ? null : Buffer.from(masked);
  };
}

function fieldText(document: string, { path, type, trim }: Field): string | null {
  const value = jsonValueAt(document, path);
  if (value === null) return null;
  const text = type.is === 'json' ? value.json : typedText(value.text, type);
  return text !== null && trim ? trimmed(text) : text;
}

/** Without the spaces at both ends, as TRIM does it. A pattern for the end would begin anew at every space before it. */
function trimmed(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && text[start] === ' ') start++;
  while (end > start && text[end - 1] === ' ') end--;
  return text.slice(start, end);
}

/** In the same text as a value of the field. */
function defaultText({ type, default: literal }: Field): string | null {
  if (literal === null) return null;
  return typedText(literal.kind === 'boolean' ? literal.text.toLowerCase() : literal.text, type);
}

function masker(mask: Field['mask'], hmac: Hmac | null | undefined): (text: string) => string | null {
  switch (mask) {
    case null:
      return (text) => text;
    case 'null':
      return () => null;
    case 'redact':
      return () => REDACTED;
    case 'last4':
      return lastFour;
    case 'sha256':
      return (text) => createHash('sha256').update(text).digest('hex');
    case 'hmac':
      if (hmac === null || hmac === undefined)
        throw new Error('the snapshot was opened without the HMAC key');
      return (text) => hmac(Buffer.from(text));
  }
}

/** By characters, as the server counts them. */
function lastFour(text: string): string {
  const characters = Array.from(text);
  const hidden = Math.max(0, characters.length - SHOWN_CHARACTERS);
  return '*'.repeat(hidden) + characters.slice(hidden).join('');
}
