/** One Parquet file of an export, as the main thread sees it: row packets in, the file's bytes out. */
import type { OutputColumn } from '../../domain/plan.ts';
import { TidemarkError } from '../../errors.ts';
import type { ColumnCounts } from './column.ts';
import { CHUNK_BYTES, openFile } from './encoder-thread.ts';
import { GROUP_LIMITS } from './file-encoder.ts';
import type { GroupLimits } from './file-encoder.ts';
import type { ParquetOptions } from './group-columns.ts';

/** Where the file goes. All is called on the main thread, and never from within a call of the writer. */
export interface ParquetTarget {
  /**
   * The next bytes of the file, to be copied: they are overwritten once this returns. What it throws ends the file:
   * `failed` is told, and `finish` rejects with it.
   */
  bytes(chunk: Uint8Array): void;
  /** The writer, which was full, takes rows again. */
  drained(): void;
  /** The file will not be whole; nothing comes after this. */
  failed(error: unknown): void;
}

export interface ParquetWriter {
  /**
   * Takes one row.
   *
   * @param packet holds the row's payload from `start` to `end`; it may be reused once this returns.
   * @returns the row's size as text would be, in bytes.
   */
  addRow(packet: Buffer, start: number, end: number): number;
  /** Whether the source should wait for `drained`. Rows that come nevertheless are taken. */
  isFull(): boolean;
  /** Ends the file; settles after its last bytes. @throws TidemarkError what `failed` was told. */
  finish(): Promise<void>;
  /** Gives the file up: nothing of it comes any more, and `failed` is not told. A `finish` under way rejects. */
  discard(): void;
  /** Per column name, how many zero or partial dates there were. Known once the file is finished. */
  zeroDates(): ReadonlyMap<string, number>;
  /** Per column name, how many texts were not valid UTF-8. Known once the file is finished. */
  invalidTexts(): ReadonlyMap<string, number>;
}

/** Opens a file. The codec of `options.compression` is snappy, zstd or none. */
export function parquetWriter(
  columns: readonly OutputColumn[],
  { compression, zeroDates, outputTimezone }: ParquetOptions,
  target: ParquetTarget,
  limits: GroupLimits = GROUP_LIMITS,
): ParquetWriter {
  let state: 'open' | 'finished' | 'failed' = 'open';
  let failure: unknown = null;
  let counts: readonly Readonly<ColumnCounts>[] = [];
  let settle: { resolve: () => void; reject: (error: unknown) => void } | null = null;

  // What is sent to another thread is copied: options of a run hold more than these.
  const options = { compression, zeroDates, outputTimezone };
  const fail = (error: unknown): void => {
    state = 'failed';
    failure = error;
    target.failed(error);
    settle?.reject(error);
  };
  const file = openFile(columns, options, limits, {
    bytes(chunk) {
      try {
        target.bytes(chunk);
      } catch (error) {
        // Nobody stands above this call but the other thread's messages.
        file.discard();
        fail(error);
      }
    },
    drained: target.drained,
    finished(found) {
      state = 'finished';
      counts = found;
      settle?.resolve();
    },
    failed: fail,
  });

  let chunk = file.take(CHUNK_BYTES);
  let used = 0;
  const sendRows = (): void => {
    if (used > 0) file.send(chunk, used);
    used = 0;
  };
  const countsBy = (what: keyof ColumnCounts): ReadonlyMap<string, number> =>
    new Map(counts.flatMap((of, index) => (of[what] > 0 ? [[columns[index]!.name, of[what]]] : [])));

  return {
    addRow(packet, start, end) {
      const length = end - start;
      if (state !== 'open') return length;
      if (used + length > chunk.length) {
        sendRows();
        chunk = file.take(length);
      }
      packet.copy(chunk, used, start, end);
      used += length;
      return length;
    },
    isFull: () => state === 'open' && file.isFull(),
    async finish() {
      if (state === 'open') {
        sendRows();
        file.finish();
        await new Promise<void>((resolve, reject) => (settle = { resolve, reject }));
      } else if (state === 'failed') throw failure;
    },
    discard() {
      if (state !== 'open') return;
      state = 'failed';
      failure = new TidemarkError('INTERRUPTED', 'The Parquet file was given up before it was whole.');
      file.discard();
      settle?.reject(failure);
    },
    zeroDates: () => countsBy('zeroDates'),
    invalidTexts: () => countsBy('invalidTexts'),
  };
}
