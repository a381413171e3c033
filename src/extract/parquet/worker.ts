/** What runs in a thread that encodes: rows come in, the bytes of files go out. One file's failure is its own. */
import { parentPort } from 'node:worker_threads';
import { toPlain } from '../../plain-error.ts';
import type { ByteSink } from './column-chunk.ts';
import { fileEncoder } from './file-encoder.ts';
import type { FileEncoder } from './file-encoder.ts';
import { spareColumns } from './group-columns.ts';
import type { FromThread, ToThread } from './messages.ts';

/** Bytes of a file that leave together. */
const BLOCK_BYTES = 1024 * 1024;
/** Blocks that are kept to be filled again. */
const KEPT_BLOCKS = 8;

interface OpenFile {
  readonly encoder: FileEncoder;
  flush(): void;
  /** It is whole, and its memory is the next one's. */
  whole(): void;
}

const port = parentPort!;
const files = new Map<number, OpenFile>();
const freeBlocks: ArrayBuffer[] = [];
const spares = spareColumns();

const send = (message: FromThread, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);

port.on('message', (message: ToThread) => {
  if (message.kind === 'copied') {
    if (freeBlocks.length < KEPT_BLOCKS) freeBlocks.push(message.buffer);
    return;
  }
  const { file } = message;
  try {
    receive(message);
  } catch (error) {
    files.delete(file);
    send({ kind: 'failed', file, error: toPlain(error) });
  }
  if (message.kind === 'rows') send({ kind: 'taken', buffer: message.buffer }, [message.buffer]);
});

function receive(message: Exclude<ToThread, { kind: 'copied' }>): void {
  const { file } = message;
  switch (message.kind) {
    case 'open': {
      const { sink, flush } = blockSink(file);
      const { take, keep } = spares(message.columns, message.options);
      const columns = take();
      files.set(file, {
        encoder: fileEncoder(columns, message.options, sink, message.limits),
        flush,
        whole: () => keep(columns),
      });
      return;
    }
    case 'rows':
      // A file that has failed has rows on their way still.
      files.get(file)?.encoder.addRows(Buffer.from(message.buffer), message.length);
      return;
    case 'finish': {
      const open = files.get(file);
      if (open === undefined) return;
      open.encoder.finish();
      open.flush();
      files.delete(file);
      // The message is a copy.
      send({ kind: 'finished', file, counts: open.encoder.counts });
      open.whole();
      return;
    }
    case 'discard':
      files.delete(file);
  }
}

function takeBlock(): Buffer {
  const free = freeBlocks.pop();
  return free === undefined ? Buffer.allocUnsafeSlow(BLOCK_BYTES) : Buffer.from(free);
}

/** Collects what is written into blocks, and sends those that are full. */
function blockSink(file: number): { sink: ByteSink; flush: () => void } {
  let block: Buffer | null = null;
  let used = 0;
  let sent = 0;
  const flush = (): void => {
    if (block === null) return;
    const buffer = block.buffer as ArrayBuffer;
    send({ kind: 'bytes', file, buffer, length: used }, [buffer]);
    sent += used;
    used = 0;
    block = null;
  };
  return {
    sink: {
      get position() {
        return sent + used;
      },
      write(bytes) {
        for (let from = 0; from < bytes.length;) {
          block ??= takeBlock();
          const part = bytes.subarray(from, from + BLOCK_BYTES - used);
          block.set(part, used);
          used += part.length;
          from += part.length;
          if (used === BLOCK_BYTES) flush();
        }
      },
    },
    flush,
  };
}
