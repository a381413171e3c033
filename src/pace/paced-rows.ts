/** A stream of rows that stands still while somebody holds it: its reader, the rate limit, or the watch on the load. */
import type { RowStream, Snapshot } from '../ports.ts';
import { LONGEST_HOLD_MS } from './load-decision.ts';
import type { PaceClock } from './pace.ts';
import { debtMs, fullBucket, take } from './token-bucket.ts';

/** A row comes with four bytes before it. */
const PACKET_HEADER_BYTES = 4;

type Holder = 'reader' | 'rate' | 'load';

/**
 * @param bytesPerSecond null: as fast as they come.
 * @param watchLoad says when to stand still, until its signal is aborted; null: nobody does.
 */
export function pacedRows(
  rows: Snapshot['rows'],
  bytesPerSecond: number | null,
  watchLoad: ((hold: (held: boolean) => void, signal: AbortSignal) => Promise<void>) | null,
  clock: PaceClock,
): Snapshot['rows'] {
  return (sql, expected, onRow, signal) => {
    const ended = new AbortController();
    const held = new Set<Holder>();
    let stream: RowStream | null = null;
    const hold = (who: Holder): void => {
      held.add(who);
      stream?.pause();
    };
    const release = (who: Holder): void => {
      held.delete(who);
      if (held.size === 0) stream?.resume();
    };

    let bucket = fullBucket(bytesPerSecond ?? Infinity, clock.now());
    const waitOutDebt = async (): Promise<void> => {
      hold('rate');
      const latest = clock.now() + LONGEST_HOLD_MS;
      // Rows that were under way when the stream was held still come, and are paid for, too.
      for (;;) {
        const now = clock.now();
        const ms = Math.min(debtMs(bucket, now), latest - now);
        if (ms <= 0) break;
        await clock.sleep(Math.ceil(ms), ended.signal);
      }
      release('rate');
    };
    const takeRow: typeof onRow = (packet, start, end) => {
      onRow(packet, start, end);
      const now = clock.now();
      bucket = take(bucket, end - start + PACKET_HEADER_BYTES, now);
      if (!held.has('rate') && debtMs(bucket, now) > 0) waitOutDebt().catch(onlyEnded);
    };

    stream = rows(sql, expected, bytesPerSecond === null ? onRow : takeRow, signal);
    watchLoad?.((isHeld) => (isHeld ? hold('load') : release('load')), ended.signal).catch(onlyEnded);
    const done = stream.done.finally(() => ended.abort());
    return { pause: () => hold('reader'), resume: () => release('reader'), done };
  };

  /** The stream has ended, and with it whoever waited or watched; nothing else can go wrong in them. */
  function onlyEnded(): void {}
}
