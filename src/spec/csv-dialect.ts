/** The CSV dialect of a spec: defaults filled in, and the rules without which a file could not be read back. */
import type { CsvDialect, Format } from '../domain/spec.ts';
import type { SpecDocument } from './schema.ts';
import { specSchema } from './schema.ts';
import { textFault } from './names.ts';
import { showText } from './show.ts';

const settings = specSchema.properties.csv.properties;

// Numbers, dates and base64 text are written without looking for the delimiter in them.
const IN_VALUES = /^[0-9A-Za-z+\-.:/= ]$/;

/** The dialect that a spec's `csv` stands for; TSV differs by its delimiter alone. */
export function csvDialect(csv: SpecDocument['csv'], format: Format = 'csv'): CsvDialect {
  return {
    delimiter: format === 'tsv' ? '\t' : (csv?.delimiter ?? settings.delimiter.default),
    quote: csv?.quote ?? settings.quote.default,
    null: csv?.null ?? settings.null.default,
    header: csv?.header ?? settings.header.default,
    lineEnding: csv?.line_ending ?? settings.line_ending.default,
    quoteAll: csv?.quote_all ?? settings.quote_all.default,
  };
}

/** What is wrong with a dialect whose values have the right types. */
export function csvDialectFaults(
  dialect: CsvDialect,
): { readonly setting: 'delimiter' | 'quote' | 'null'; readonly message: string }[] {
  const faults: { setting: 'delimiter' | 'quote' | 'null'; message: string }[] = [];
  for (const setting of ['delimiter', 'quote'] as const) {
    const message = characterFault(dialect[setting]);
    if (message !== null) faults.push({ setting, message });
  }
  if (dialect.delimiter === dialect.quote) {
    faults.push({
      setting: 'delimiter',
      message: `found ${showText(dialect.delimiter)} as delimiter and as quote. Allowed: two different characters.`,
    });
  }
  const taken = [dialect.delimiter, dialect.quote, '\r', '\n'].find(
    (text) => text !== '' && dialect.null.includes(text),
  );
  if (taken !== undefined) {
    faults.push({
      setting: 'null',
      message: `found ${showText(dialect.null)}, which contains ${showText(taken)}. Allowed: a text without delimiter, quote and line break.`,
    });
  }
  const notText = textFault(dialect.null);
  if (notText !== null) faults.push({ setting: 'null', message: notText });
  return faults;
}

function characterFault(text: string): string | null {
  const found = `found ${showText(text)}`;
  if (!/^[\0-\x7f]$/.test(text)) return `${found}. Allowed: exactly one ASCII character.`;
  if (/[\r\n\0]/.test(text)) return `${found}. Allowed: any ASCII character but line breaks and NUL.`;
  if (IN_VALUES.test(text)) {
    return `${found}, which occurs in numbers, dates or base64 text. Allowed: a character such as "," ";" "|" or a tab.`;
  }
  return null;
}
