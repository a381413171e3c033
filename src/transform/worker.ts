/**
 * What runs in the thread of a module: rows come in, what the module makes of them goes out. Whatever goes wrong is
 * told to the main thread, which then ends this one.
 */
import { workerData } from 'node:worker_threads';
import { TidemarkError } from '../errors.ts';
import { toPlain } from '../plain-error.ts';
import { batchMapper } from './batch.ts';
import { moduleFailed } from './failure.ts';
import { frameWriter } from './frames.ts';
import { bytesHeld } from './memory.ts';
import { loadModule, type ModuleContext, type TransformModule } from './load-module.ts';
import type { FromThread, ToThread, TransformJob, WorkerData } from './messages.ts';
import { consoleOf, threadLog } from './thread-log.ts';
import { whereabouts, type Whereabouts } from './whereabouts.ts';

/** Buffers of mapped rows on their way; the module waits when there are more. */
const MOST_ON_THEIR_WAY = 3;

const { file, name, job, where: memory, port } = workerData as WorkerData;
// The module would find it there.
Reflect.deleteProperty(workerData as WorkerData, 'port');
const send = (message: FromThread, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);
const log = threadLog((message) => send({ kind: 'log', message }));
globalThis.console = consoleOf(log);

try {
  send({ kind: 'busy' });
  const module = await loadModule({ file, name });
  send({ kind: 'idle' });
  send({ kind: 'loaded', declared: module.declared });
  if (job !== null && memory !== null) serve(module, job, whereabouts(job, memory));
} catch (error) {
  fail(error);
}

function fail(error: unknown, where?: Whereabouts): void {
  const row = where?.name() ?? null;
  const failed = row === null ? 'failed' : `failed, last on ${row}`;
  const known = error instanceof TidemarkError ? error : moduleFailed({ file, name }, failed, error);
  send({ kind: 'failed', error: toPlain(known) });
}

function serve(module: TransformModule, work: TransformJob, where: Whereabouts): void {
  const { task, table, runId, scheduledFor, windows } = work.context;
  const context: ModuleContext = Object.freeze({
    task,
    table,
    run_id: runId,
    scheduled_for: scheduledFor,
    window: windows[0] ?? null,
    windows,
    log: (message: unknown) => log.log(message),
  });
  const mapper = batchMapper({ file, name }, module, work, context, where);
  const out = frameWriter();
  let onTheirWay = 0;
  let wake: (() => void) | null = null;

  const isFull = (): boolean => onTheirWay >= MOST_ON_THEIR_WAY;
  const flush = (): void => {
    if (out.rows === 0) return;
    const { buffer, length } = out.take();
    onTheirWay++;
    send({ kind: 'rows', buffer, length }, [buffer]);
  };
  const emit = (packet: Buffer): Promise<void> | undefined => {
    let waiting: Promise<void> | undefined;
    if (!out.fits(packet.length)) {
      flush();
      if (isFull()) waiting = room();
    }
    out.add(packet);
    return waiting;
  };
  /** The module is not at work while it waits for the bucket. */
  const room = async (): Promise<void> => {
    send({ kind: 'idle' });
    while (isFull()) await new Promise<void>((resolve) => (wake = resolve));
    send({ kind: 'busy' });
  };

  const mapBatch = async (buffer: ArrayBuffer, length: number): Promise<void> => {
    send({ kind: 'busy' });
    await mapper.map(Buffer.from(buffer), length, emit);
    send({ kind: 'idle' });
    flush();
    const held = bytesHeld(work.memoryBytes);
    if (held > work.memoryBytes) {
      throw new TidemarkError(
        'TRANSFORM_MEMORY',
        `${name} holds ${Math.round(held / 2 ** 20)} MB after ${where.name() ?? `row ${mapper.rows}`}, and may hold ${Math.round(work.memoryBytes / 2 ** 20)}.`,
      );
    }
    send({ kind: 'done', buffer }, [buffer]);
  };

  // One batch after the other, also where the module takes its time.
  let before = Promise.resolve();
  let failed = false;
  const next = (act: () => Promise<void> | void): void => {
    before = before.then(async () => {
      if (failed) return;
      try {
        await act();
      } catch (error) {
        failed = true;
        fail(error, where);
      }
    });
  };
  port.on('message', (message: ToThread) => {
    switch (message.kind) {
      case 'rows':
        return next(() => mapBatch(message.buffer, message.length));
      case 'end':
        return next(() => {
          log.end();
          send({ kind: 'ended', rows: mapper.rows, invalidTexts: mapper.invalidTexts });
        });
      case 'taken':
        onTheirWay--;
        out.giveBack(message.buffer);
        wake?.();
        wake = null;
    }
  });
}
