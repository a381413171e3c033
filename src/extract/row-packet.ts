/**
 * Text-protocol rows taken apart and put together: what works on values, such as a transformation, stands between the
 * server and the encoders and speaks to both in packets.
 *
 * https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_dt_strings.html
 */

/** What stands in the place of a value's length where it is NULL; lengths from here on have bytes of their own. */
export const NULL_MARK = 0xfb;

/** A column's bytes in one row, as the server writes them; null is NULL. */
export type Cell = Buffer | null;

/** How many bytes a length beyond NULL_MARK has, by the byte before them. */
export function lengthBytes(mark: number): number {
  return mark === 0xfc ? 2 : mark === 0xfd ? 3 : 8;
}

/** A length of so many bytes. No value reaches 2^48 bytes: of eight, the two high ones are zero. */
export function lengthAt(packet: Buffer, at: number, size: number): number {
  return packet.readUIntLE(at, Math.min(size, 6));
}

/** The cells of a row. They are views of the packet, valid as long as it is. */
export function readRow(packet: Buffer, start: number, columns: number): Cell[] {
  const cells: Cell[] = [];
  let from = start;
  for (let column = 0; column < columns; column++) {
    let length = packet[from++]!;
    if (length === NULL_MARK) {
      cells.push(null);
      continue;
    }
    if (length > NULL_MARK) {
      const size = lengthBytes(length);
      length = lengthAt(packet, from, size);
      from += size;
    }
    cells.push(packet.subarray(from, from + length));
    from += length;
  }
  return cells;
}

/** A row as a packet of its own. */
export function writeRow(cells: readonly Cell[]): Buffer {
  const size = cells.reduce(
    (sum, cell) => sum + (cell === null ? 1 : prefixBytes(cell.length) + cell.length),
    0,
  );
  const packet = Buffer.allocUnsafe(size);
  let to = 0;
  for (const cell of cells) {
    if (cell === null) {
      packet[to++] = NULL_MARK;
      continue;
    }
    to = writeLength(packet, to, cell.length);
    to += cell.copy(packet, to);
  }
  return packet;
}

function prefixBytes(length: number): number {
  return length < NULL_MARK ? 1 : length < 0x1_0000 ? 3 : length < 0x100_0000 ? 4 : 9;
}

function writeLength(packet: Buffer, at: number, length: number): number {
  switch (prefixBytes(length)) {
    case 1:
      packet[at] = length;
      return at + 1;
    case 3:
      packet[at] = 0xfc;
      return packet.writeUIntLE(length, at + 1, 2);
    case 4:
      packet[at] = 0xfd;
      return packet.writeUIntLE(length, at + 1, 3);
    default:
      packet[at] = 0xfe;
      packet.writeUIntLE(length, at + 1, 6);
      return packet.writeUIntLE(0, at + 7, 2);
  }
}
