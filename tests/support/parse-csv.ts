/** A strict reader of RFC 4180 that, unlike most, tells NULL (nothing at all) from an empty text (`""`). */

export interface ParsedCsv {
  readonly header: readonly string[];
  readonly rows: readonly (readonly (string | null)[])[];
}

/** Ends an unquoted value. */
const ENDS = /[,\n]/g;

/**
 * Parses the default dialect: `,`, `"`, `\n`, a header, NULL as nothing.
 *
 * @throws Error where the bytes are not UTF-8, a quote is astray, or a line has another number of values than the header.
 */
export function parseCsv(bytes: Uint8Array): ParsedCsv {
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  const lines: (string | null)[][] = [];
  let line: (string | null)[] = [];
  let at = 0;
  while (at < text.length) {
    let value: string | null;
    if (text[at] === '"') {
      let end = at + 1;
      for (;;) {
        end = text.indexOf('"', end);
        if (end === -1) throw new Error(`the quote at ${at} is never closed`);
        if (text[end + 1] !== '"') break;
        end += 2;
      }
      value = text.slice(at + 1, end).replaceAll('""', '"');
      at = end + 1;
    } else {
      ENDS.lastIndex = at;
      const end = ENDS.exec(text)?.index;
      if (end === undefined) throw new Error(`the value at ${at} does not end`);
      value = text.slice(at, end);
      if (value.includes('"')) throw new Error(`there is a quote inside the unquoted value at ${at}`);
      if (value === '') value = null;
      at = end;
    }
    line.push(value);
    const separator = text[at++];
    if (separator === '\n') {
      lines.push(line);
      line = [];
    } else if (separator !== ',') throw new Error(`a value ends with ${separator} at ${at - 1}`);
    // A delimiter is always followed by one more value, be it nothing.
    else if (at === text.length) throw new Error('the last line does not end');
  }
  const [header, ...rows] = lines;
  if (header === undefined || line.length > 0) throw new Error('the last line does not end');
  for (const [index, row] of rows.entries()) {
    if (row.length !== header.length) {
      throw new Error(`row ${index} has ${row.length} values, the header ${header.length}`);
    }
  }
  return { header: header as string[], rows };
}
