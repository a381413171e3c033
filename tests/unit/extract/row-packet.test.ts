/** Rows taken apart and put together again. */
import fc from 'fast-check';
import { readRow, writeRow, type Cell } from '../../../src/extract/row-packet.ts';
import { rowPacket } from './packets.ts';

it('is the packet that a server sends, for every row', () => {
  const cell = fc.option(fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)));
  fc.assert(
    fc.property(fc.array(cell, { maxLength: 20 }), fc.nat(9), (cells, start) => {
      const packet = writeRow(cells);
      expect(packet).toEqual(rowPacket(cells));
      const moved = Buffer.concat([Buffer.alloc(start, 0xee), packet]);
      expect(readRow(moved, start, cells.length)).toEqual(cells);
    }),
  );
});

it.each([0, 250, 251, 65_535, 65_536, 16_777_215, 16_777_216])('holds a value of %i bytes', (length) => {
  const cells: Cell[] = [null, Buffer.alloc(length, 0x61), Buffer.from('end')];
  const read = readRow(writeRow(cells), 0, 3);
  expect([read[0], read[1]!.length, read[2]!.toString()]).toEqual([null, length, 'end']);
  expect(read[1]!.equals(cells[1]!)).toBe(true);
});
