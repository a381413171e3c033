/**
 * The rows of one table on their way through a module: in batches to its thread, and back from it in their order. At
 * most a few batches are on their way in either direction, so memory is flat however many rows there are.
 */
import { TidemarkError } from '../errors.ts';
import type { RowTransformer, TransformTarget } from '../transform-ports.ts';
import { framesOf, frameWriter } from './frames.ts';
import type { FromThread, ToThread } from './messages.ts';
import type { ModuleThread, ThreadEvents } from './thread.ts';

/** Rows in a batch, where a megabyte holds so many. */
const BATCH_ROWS = 1000;
/** Batches in the thread after which the source should wait: one being mapped, and the next ones. */
const MOST_BATCHES = 3;

/**
 * @param start starts the thread.
 * @param table for what is said of its values.
 * @param log takes what the module has to say.
 */
export function rowTransformer(
  start: (events: ThreadEvents) => ModuleThread,
  table: string,
  target: TransformTarget,
  log: (message: string) => void,
): RowTransformer {
  const batch = frameWriter();
  const mapped: { readonly buffer: ArrayBuffer; readonly length: number }[] = [];
  const finished = Promise.withResolvers<readonly string[]>();
  // Nobody waits for it before all rows are there; `target.failed` has said it by then.
  finished.promise.catch(() => {});
  let batches = 0;
  let rows = 0;
  let warnings: readonly string[] | null = null;
  let closed = false;
  let delivering = false;

  const fail = (error: unknown): void => {
    if (closed) return;
    closed = true;
    void thread.end();
    finished.reject(error);
    // Never from within a call of this mapper.
    queueMicrotask(() => target.failed(error));
  };
  const post = (message: ToThread, transfer?: ArrayBuffer[]): void => thread.post(message, transfer);

  const sendBatch = (): void => {
    if (batch.rows === 0) return;
    const { buffer, length } = batch.take();
    batches++;
    post({ kind: 'rows', buffer, length }, [buffer]);
  };

  const canDeliver = (): boolean => !closed && mapped.length > 0 && !target.isFull();
  const deliver = (): void => {
    if (delivering) return;
    delivering = true;
    try {
      while (canDeliver()) {
        const { buffer, length } = mapped.shift()!;
        const packets = Buffer.from(buffer);
        for (const [from, to] of framesOf(packets, length)) target.onRow(packets, from, to);
        post({ kind: 'taken', buffer }, [buffer]);
      }
    } catch (error) {
      fail(error);
    } finally {
      delivering = false;
    }
    if (warnings !== null && mapped.length === 0) finished.resolve(warnings);
  };

  const receive = (message: FromThread): void => {
    switch (message.kind) {
      case 'rows':
        mapped.push(message);
        return deliver();
      case 'done': {
        const wasFull = batches >= MOST_BATCHES;
        batches--;
        batch.giveBack(message.buffer);
        if (wasFull && batches < MOST_BATCHES) target.drained();
        return;
      }
      case 'ended':
        if (message.rows !== rows)
          return fail(
            new TidemarkError('INTERNAL', `${rows} rows were sent to be mapped, and ${message.rows} were.`),
          );
        warnings = Array.from(
          message.invalidTexts,
          ([column, count]) =>
            `${table}.${column}: ${count} texts are not valid UTF-8; the module was given U+FFFD in their place.`,
        );
        return deliver();
      case 'log':
        return log(message.message);
      default:
    }
  };
  const thread = start({ message: receive, failed: fail });

  return {
    takeRow(packet, from, to) {
      if (closed) return;
      if (batch.rows >= BATCH_ROWS || !batch.fits(to - from)) sendBatch();
      batch.add(packet.subarray(from, to));
      rows++;
    },
    isFull: () => !closed && batches >= MOST_BATCHES,
    resume: deliver,
    async finish(signal) {
      const abort = (): void => finished.reject(signal.reason);
      signal.addEventListener('abort', abort);
      if (signal.aborted) abort();
      sendBatch();
      post({ kind: 'end' });
      try {
        return await finished.promise;
      } finally {
        // A signal made of others is kept, with all that listens to it, for as long as those others are.
        signal.removeEventListener('abort', abort);
      }
    },
    async close() {
      closed = true;
      await thread.end();
    },
  };
}
