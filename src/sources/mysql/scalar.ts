/** One value, by way of the row stream: as the server wrote it, and for as long as the server works on it. */
import { TidemarkError } from '../../errors.ts';
import type { MysqlSourceOptions, Session } from './connect.ts';
import { streamRows } from './row-stream.ts';

/** How a row packet says NULL. */
const NULL = 0xfb;

/**
 * @returns the value of the first row's only column; null for NULL, and where there is no row.
 * @throws TidemarkError, QUERY_INVALID for more than one column; or the signal's reason. The session is unusable then.
 */
export async function readScalar(
  session: Session,
  options: MysqlSourceOptions,
  sql: string,
  signal: AbortSignal,
): Promise<string | null> {
  let value: string | null = null;
  let rows = 0;
  const { done } = streamRows(
    session,
    options,
    sql,
    (fields) => {
      if (fields.length === 1) return;
      throw new TidemarkError('QUERY_INVALID', `One column was expected, and there are ${fields.length}.`, {
        sql,
      });
    },
    (packet, start) => {
      if (rows++ === 0) value = valueAt(packet, start);
    },
    signal,
  );
  await done;
  return value;
}

/** A length-encoded string: its length in one byte, or in the 2, 3 or 8 bytes after 0xFC, 0xFD or 0xFE. */
function valueAt(packet: Buffer, at: number): string | null {
  const first = packet[at]!;
  if (first === NULL) return null;
  const bytes = first < NULL ? 0 : first === 0xfc ? 2 : first === 0xfd ? 3 : 8;
  const length = bytes === 0 ? first : packet.readUIntLE(at + 1, Math.min(bytes, 6));
  const begin = at + 1 + bytes;
  return packet.toString('utf8', begin, begin + length);
}
