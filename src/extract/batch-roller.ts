/**
 * Rows into objects: each row is encoded into the current object's part buffer; where the export is batched, the
 * row that would push an object over the threshold begins the next one. Every row is in exactly one object.
 */
import type { RowEncoder } from './row-encoder.ts';
import type { TextWriter } from './text-writer.ts';

export interface BatchRoller {
  /** Takes one row packet and returns the bytes it became. */
  takeRow(packet: Buffer, start: number, end: number): number;
  /** The object being written: the last one, when all rows have come. */
  current(): TextWriter;
}

/**
 * @param open makes the writer of batch `n`, from 0.
 * @param thresholdBytes of one object, its header included; null: one object, however large.
 * @param onSealed takes an object to which nothing more will be added.
 */
export function batchRoller(
  encoder: RowEncoder,
  thresholdBytes: number | null,
  open: (batch: number) => TextWriter,
  onSealed: (writer: TextWriter) => void,
): BatchRoller {
  const limit = thresholdBytes ?? Number.POSITIVE_INFINITY;
  let batch = 0;
  // For rows that may not fit into what is left of a part, and for the first row of a next object.
  let scratch = Buffer.alloc(0);

  const begin = (): TextWriter => {
    const writer = open(batch++);
    writer.append(encoder.header);
    return writer;
  };
  let writer = begin();

  /** Whether a row of this size belongs to the next object. A row larger than the threshold has one to itself. */
  const overflows = (rowBytes: number): boolean => writer.rows > 0 && writer.bytes + rowBytes > limit;

  const roll = (): void => {
    onSealed(writer);
    writer = begin();
  };

  return {
    takeRow(packet, start, end) {
      const room = encoder.maxRowBytes(packet, start, end);
      if (writer.makeRoom(room)) {
        const { at } = writer;
        const to = encoder.encodeRow(packet, start, writer.buffer, at);
        const rowBytes = to - at;
        if (!overflows(rowBytes)) {
          writer.at = to;
          writer.bytes += rowBytes;
          writer.rows++;
          return rowBytes;
        }
        // Sealing sends the buffer up to `at`; the row behind it moves on. The buffer is not reused before this returns.
        const row = Buffer.from(writer.buffer.subarray(at, to));
        roll();
        writer.append(row);
        writer.rows++;
        return rowBytes;
      }
      if (scratch.length < room) scratch = Buffer.allocUnsafeSlow(room);
      const rowBytes = encoder.encodeRow(packet, start, scratch, 0);
      if (overflows(rowBytes)) roll();
      writer.append(scratch.subarray(0, rowBytes));
      writer.rows++;
      return rowBytes;
    },
    current: () => writer,
  };
}
