/**
 * Byte sequences one after the other in Parquet's PLAIN encoding, page by page as they will be written: nothing is
 * copied when more come, and a page's memory serves the next row group again.
 */
import { PAGE_BYTES } from './column.ts';

/** Below this length a loop copies faster than the call into native code takes. */
const SHORT_COPY = 64;

interface Page {
  readonly buffer: Buffer;
  used: number;
  /** The index after its last value. */
  end: number;
}

export interface PlainPages {
  /** Copies a value. @returns the buffer it lies in, up to `used`. */
  append(bytes: Buffer, start: number, end: number): Page;
  /** The index after the last value of the page that begins with this one. */
  pageEnd(from: number): number;
  /** A whole page. */
  page(from: number): Uint8Array;
  clear(): void;
}

/** @param prefix bytes of length before each value: 4, or 0 where all values have one length. */
export function plainPages(prefix: 0 | 4): PlainPages {
  const free: Buffer[] = [];
  let pages: Page[] = [];
  let last: Page | null = null;
  let count = 0;

  const begin = (bytes: number): Page => {
    const buffer =
      (bytes <= PAGE_BYTES ? free.pop() : undefined) ?? Buffer.allocUnsafeSlow(Math.max(bytes, PAGE_BYTES));
    last = { buffer, used: 0, end: count };
    pages.push(last);
    return last;
  };
  /** Pages are asked for one after the other. */
  let asked = 0;
  const pageFrom = (from: number): Page => {
    if (from === 0) asked = 0;
    while (pages[asked]!.end <= from) asked++;
    return pages[asked]!;
  };

  return {
    append(bytes, start, end) {
      const length = end - start;
      const needed = prefix + length;
      let page = last;
      if (page === null || page.used + needed > page.buffer.length) page = begin(needed);
      const { buffer } = page;
      let at = page.used;
      if (prefix > 0) {
        buffer[at++] = length;
        buffer[at++] = length >>> 8;
        buffer[at++] = length >>> 16;
        buffer[at++] = length >>> 24;
      }
      if (length < SHORT_COPY) for (let from = start; from < end; from++) buffer[at++] = bytes[from]!;
      else bytes.copy(buffer, at, start, end);
      page.used += needed;
      page.end = ++count;
      return page;
    },
    pageEnd: (from) => (count === 0 ? 0 : pageFrom(from).end),
    page: (from) => {
      const { buffer, used } = pageFrom(from);
      return buffer.subarray(0, used);
    },
    clear() {
      // Those of large values are not kept.
      for (const { buffer } of pages) if (buffer.length === PAGE_BYTES) free.push(buffer);
      pages = [];
      last = null;
      count = 0;
    },
  };
}
