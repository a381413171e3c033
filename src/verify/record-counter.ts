/**
 * Counts the records of a text while its bytes stream by: no value is parsed, nothing is kept but a few numbers.
 *
 * JSON Lines have a record on each line. In the CSV that Tidemark writes, quotes stand only around a value and, doubled,
 * inside it. So a line break is the end of a record exactly where an even number of quotes stands before it, whatever
 * the delimiter is. Quote and line feed are ASCII, which never occurs inside a longer UTF-8 sequence.
 */
import type { CsvDialect } from '../domain/spec.ts';

/** What of a dialect decides where a record ends. A carriage return outside quotes only ever precedes a line feed. */
export type RecordDialect = Pick<CsvDialect, 'quote' | 'header'>;

export interface RecordCounter {
  /** The next bytes of the object; cut anywhere. */
  take(chunk: Uint8Array): void;
  /** Records so far, the header line not counted; a last one that is not ended counts too. */
  records(): number;
}

const LINE_FEED = 0x0a;

/** Of CSV and TSV. */
export function recordCounter({ quote, header }: RecordDialect): RecordCounter {
  const quoteByte = quote.charCodeAt(0);
  let ended = 0;
  let inQuotes = false;
  let lastByte = LINE_FEED;
  return {
    take(chunk) {
      // Local: a captured variable would cost in a loop over every byte.
      let lines = ended;
      let quoted = inQuotes;
      const { length } = chunk;
      for (let index = 0; index < length; index++) {
        const byte = chunk[index];
        if (byte === LINE_FEED) {
          if (!quoted) lines++;
        } else if (byte === quoteByte) quoted = !quoted;
      }
      ended = lines;
      inQuotes = quoted;
      lastByte = chunk[length - 1] ?? lastByte;
    },
    records() {
      const unended = inQuotes || lastByte !== LINE_FEED ? 1 : 0;
      return Math.max(0, ended + unended - (header ? 1 : 0));
    },
  };
}

/** Of JSON Lines: what is not ended counts too. */
export function lineCounter(): RecordCounter {
  let ended = 0;
  let lastByte = LINE_FEED;
  return {
    take(chunk) {
      let lines = ended;
      const { length } = chunk;
      for (let index = 0; index < length; index++) if (chunk[index] === LINE_FEED) lines++;
      ended = lines;
      lastByte = chunk[length - 1] ?? lastByte;
    },
    records: () => ended + (lastByte === LINE_FEED ? 0 : 1),
  };
}
