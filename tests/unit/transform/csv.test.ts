/**
 * The CSV of rows that a module returned is what fast-csv writes of the same rows: they go to the usual encoder as
 * packets, and csv-oracle.test.ts holds that one against fast-csv for any bytes.
 */
import { writeToString } from 'fast-csv';
import fc from 'fast-check';
import type { OutputColumn } from '../../../src/domain/plan.ts';
import { csvEncoder } from '../../../src/extract/csv.ts';
import { rowWriter } from '../../../src/transform/returned-rows.ts';
import { outputOptions } from '../extract/packets.ts';

const COLUMNS: readonly OutputColumn[] = [
  { name: 'id', mysqlType: 'bigint', nullable: false, kind: 'number' },
  { name: 'price', mysqlType: 'decimal(12,3)', nullable: false, kind: 'number' },
  { name: 'a "name", so to say', mysqlType: 'text', nullable: true, kind: 'text' },
  { name: 'day', mysqlType: 'date', nullable: false, kind: 'date' },
  { name: 'doc', mysqlType: 'json', nullable: true, kind: 'json' },
];

const rows = fc.array(
  fc.record({
    id: fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
    price: fc.integer({ min: -(10 ** 9), max: 10 ** 9 }).map((value) => (value / 1000).toFixed(3)),
    // fast-csv cannot tell NULL from an empty text and drops NUL bytes, so neither stands in these rows.
    'a "name", so to say': fc.string({
      unit: fc.constantFrom('a', 'ü', '🌊', ',', '"', '\n', '\r', ' ', ';', "'"),
      minLength: 1,
    }),
    day: fc
      .date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true })
      .map((date) => date.toISOString().slice(0, 10)),
    doc: fc.json(),
  }),
  { minLength: 1, maxLength: 20 },
);

it('is byte for byte what fast-csv writes', async () => {
  await fc.assert(
    fc.asyncProperty(rows, async (returned) => {
      const write = rowWriter(COLUMNS);
      const encoder = csvEncoder(COLUMNS, outputOptions());
      const lines = returned.map((row) => {
        const packet = write(row);
        const out = Buffer.alloc(encoder.maxRowBytes(packet, 0, packet.length));
        return out.subarray(0, encoder.encodeRow(packet, 0, out, 0));
      });
      const expected = await writeToString(
        returned.map((row) => COLUMNS.map(({ name }) => String((row as Record<string, unknown>)[name]))),
        { headers: COLUMNS.map(({ name }) => name), includeEndRowDelimiter: true },
      );
      expect(Buffer.concat([encoder.header, ...lines]).toString()).toBe(expected);
    }),
  );
});
