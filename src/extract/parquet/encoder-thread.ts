/**
 * The threads in which Parquet is encoded: shared by all files of the process, started when one is opened, ended when
 * there has been none for a while. The main thread reads rows meanwhile.
 */
import { Worker } from 'node:worker_threads';
import type { OutputColumn } from '../../domain/plan.ts';
import { TidemarkError } from '../../errors.ts';
import { fromPlain } from '../../plain-error.ts';
import type { ColumnCounts } from './column.ts';
import type { GroupLimits } from './file-encoder.ts';
import type { ParquetOptions } from './group-columns.ts';
import type { FromThread, ToThread } from './messages.ts';

/** Rows that are sent to a thread together, in bytes. */
export const CHUNK_BYTES = 512 * 1024;
/** Rows on their way to one thread after which the source should wait: what comes while a row group is encoded. */
const FULL_BYTES = 16 * 1024 * 1024;
/** Buffers that are kept to be filled again. */
const KEPT_BUFFERS = 16;
const IDLE_MS = 10_000;

/** What happens to a file, on the main thread. */
export interface FileEvents {
  /** The chunk is overwritten once this returns. */
  bytes(chunk: Uint8Array): void;
  /** Rows may come again. */
  drained(): void;
  finished(counts: readonly Readonly<ColumnCounts>[]): void;
  /** Once, and nothing after it. */
  failed(error: TidemarkError): void;
}

/** A file being encoded by a thread. */
export interface EncodedFile {
  /** A buffer for rows, not smaller than asked for. */
  take(minBytes: number): Buffer;
  /** Sends rows; the buffer is the thread's from here on. */
  send(buffer: Buffer, length: number): void;
  isFull(): boolean;
  finish(): void;
  /** Nothing happens to the file any more. */
  discard(): void;
}

let thread: EncoderThread | null = null;
let lastFile = 0;

/** Opens a file in a thread that encodes. */
export function openFile(
  columns: readonly OutputColumn[],
  options: ParquetOptions,
  limits: GroupLimits,
  events: FileEvents,
): EncodedFile {
  thread ??= startThread();
  return thread.open(++lastFile, columns, options, limits, events);
}

function startThread(): EncoderThread {
  const started = new EncoderThread(() => {
    if (thread === started) thread = null;
  });
  return started;
}

/** Ends the thread at once. Files that are open fail; the next one gets a thread of its own. */
export async function endThread(): Promise<void> {
  await thread?.end();
}

class EncoderThread {
  readonly #worker: Worker;
  readonly #files = new Map<number, FileEvents>();
  readonly #free: ArrayBuffer[] = [];
  readonly #onEnd: () => void;
  #inFlight = 0;
  #idle: NodeJS.Timeout | null = null;

  /** @param onEnd called when the thread takes no more files. */
  constructor(onEnd: () => void) {
    this.#onEnd = onEnd;
    // The compiler renames what is imported, but not what stands in a URL.
    const name = import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js';
    this.#worker = new Worker(new URL(name, import.meta.url), { name: 'parquet', execArgv: [] });
    this.#worker.on('message', (message: FromThread) => this.#receive(message));
    this.#worker.once('error', (error) => this.#died(error.message, error));
    this.#worker.once('exit', (code) => this.#died(`it ended with code ${code}`));
  }

  open(
    file: number,
    columns: readonly OutputColumn[],
    options: ParquetOptions,
    limits: GroupLimits,
    events: FileEvents,
  ): EncodedFile {
    if (this.#idle !== null) clearTimeout(this.#idle);
    this.#idle = null;
    this.#worker.ref();
    this.#files.set(file, events);
    this.#post({ kind: 'open', file, columns, options, limits });
    return {
      take: (minBytes) => {
        const free = minBytes <= CHUNK_BYTES ? this.#free.pop() : undefined;
        return free === undefined
          ? Buffer.allocUnsafeSlow(Math.max(minBytes, CHUNK_BYTES))
          : Buffer.from(free);
      },
      send: (buffer, length) => {
        this.#inFlight += buffer.length;
        this.#post({ kind: 'rows', file, buffer: buffer.buffer as ArrayBuffer, length }, [
          buffer.buffer as ArrayBuffer,
        ]);
      },
      isFull: () => this.#inFlight >= FULL_BYTES,
      finish: () => this.#post({ kind: 'finish', file }),
      discard: () => {
        if (!this.#files.has(file)) return;
        this.#post({ kind: 'discard', file });
        this.#close(file);
      },
    };
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  #post(message: ToThread, transfer: ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, transfer);
  }

  #receive(message: FromThread): void {
    if (message.kind === 'taken') {
      this.#taken(message.buffer);
      return;
    }
    const events = this.#files.get(message.file);
    if (message.kind === 'bytes') {
      events?.bytes(new Uint8Array(message.buffer, 0, message.length));
      this.#post({ kind: 'copied', buffer: message.buffer }, [message.buffer]);
      return;
    }
    // It was discarded while the thread was at work on it.
    if (events === undefined) return;
    switch (message.kind) {
      case 'finished':
        this.#close(message.file);
        events.finished(message.counts);
        return;
      case 'failed':
        this.#close(message.file);
        events.failed(fromPlain(message.error));
    }
  }

  #taken(buffer: ArrayBuffer): void {
    const wasFull = this.#inFlight >= FULL_BYTES;
    this.#inFlight -= buffer.byteLength;
    // Buffers of huge rows are not kept.
    if (buffer.byteLength === CHUNK_BYTES && this.#free.length < KEPT_BUFFERS) this.#free.push(buffer);
    if (wasFull && this.#inFlight < FULL_BYTES) for (const events of this.#files.values()) events.drained();
  }

  #close(file: number): void {
    this.#files.delete(file);
    if (this.#files.size > 0) return;
    // A thread without work does not keep the process.
    this.#worker.unref();
    this.#idle ??= setTimeout(() => {
      this.#onEnd();
      void this.#worker.terminate();
    }, IDLE_MS).unref();
  }

  #died(reason: string, cause?: Error): void {
    this.#onEnd();
    if (this.#idle !== null) clearTimeout(this.#idle);
    const files = [...this.#files.values()];
    this.#files.clear();
    for (const events of files) {
      events.failed(
        new TidemarkError('ENCODER_DIED', `The thread that encodes Parquet died: ${reason}`, { cause }),
      );
    }
  }
}
