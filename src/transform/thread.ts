/**
 * The thread of a module, with its limits: whatever the module does to it, the run hears of it in one error, and the
 * process goes on.
 */
import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { TidemarkError } from '../errors.ts';
import { fromPlain } from '../plain-error.ts';
import { placeIn, thrownText, type ModuleName } from './failure.ts';
import type { FromThread, ThreadData, ToThread, WorkerData } from './messages.ts';
import { whereabouts } from './whereabouts.ts';

export interface ThreadLimits {
  /** Longest time that the module may be at work without a pause. */
  readonly timeoutMs: number;
  readonly memoryMb: number;
}

export interface ThreadEvents {
  message(message: FromThread): void;
  /** Once, and nothing after it; the thread is being ended. */
  failed(error: TidemarkError): void;
}

export interface ModuleThread {
  post(message: ToThread, transfer?: ArrayBuffer[]): void;
  /** Ends the thread, whatever it does; nothing is told any more. */
  end(): Promise<void>;
}

/** How long an end is waited for. */
const END_MS = 5000;
/** How often the memory of a module at work is looked at. */
const WATCH_MS = 50;
/**
 * Where V8 itself stops the thread. Far beyond the limit: a thread that asks V8 for more than is left in one piece would
 * take the whole process with it, and no piece is larger than this.
 */
const RESERVE_MB = 1152;

export function startThread(data: ThreadData, limits: ThreadLimits, events: ThreadEvents): ModuleThread {
  let ended = false;
  let timer: NodeJS.Timeout | undefined;
  let watch: NodeJS.Timeout | undefined;
  // Garbage that has not been collected yet is in it.
  const mostMb = limits.memoryMb * 2;
  const where = data.job === null ? null : whereabouts(data.job);
  /** `, last on the row id=5 (row 3),` */
  const lastOn = (): string => {
    const name = where?.name() ?? null;
    return name === null ? '' : `, last on ${name}`;
  };
  // The compiler renames what is imported, but not what stands in a URL.
  const program = import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js';
  const { port1: port, port2: theirs } = new MessageChannel();
  const worker = new Worker(new URL(program, import.meta.url), {
    name: 'row_transform',
    workerData: { ...data, where: where?.memory ?? null, port: theirs } satisfies WorkerData,
    transferList: [theirs],
    // A module has no business with the secrets of the process, and none with its output.
    env: {},
    argv: [],
    execArgv: [],
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: mostMb + RESERVE_MB },
  });
  worker.stdout.resume();
  worker.stderr.resume();

  /** Neither its time runs nor its memory is looked at. */
  const rest = (): void => {
    clearTimeout(timer);
    clearInterval(watch);
    timer = undefined;
  };
  const end = async (): Promise<void> => {
    ended = true;
    rest();
    // A thread in the middle of one long step of V8's own ends only after it; nobody waits for that.
    worker.unref();
    port.close();
    const { promise: waited, resolve } = Promise.withResolvers<void>();
    const patience = setTimeout(resolve, END_MS);
    await Promise.race([worker.terminate(), waited]);
    clearTimeout(patience);
  };
  const fail = (error: TidemarkError): void => {
    if (ended) return;
    void end();
    events.failed(error);
  };
  const weigh = (): void => {
    worker.getHeapStatistics().then(
      ({ used_heap_size: heap, external_memory: buffers }) => {
        if (heap + buffers > mostMb * 2 ** 20) fail(tookTooMuch(data.name, limits, lastOn()));
      },
      // The thread has ended, which is told elsewhere.
      () => {},
    );
  };
  const late = (): void => {
    // What the thread has said meanwhile comes first: the main thread may have been too busy to listen.
    const set = timer;
    setImmediate(() => {
      if (timer === set) fail(tookTooLong(data.name, limits, lastOn()));
    });
  };

  const hear = (message: FromThread): void => {
    if (ended) return;
    switch (message.kind) {
      case 'busy':
        rest();
        timer = setTimeout(late, limits.timeoutMs);
        watch = setInterval(weigh, WATCH_MS);
        return;
      case 'idle':
        return rest();
      case 'failed':
        return fail(fromPlain(message.error));
      default:
        events.message(message);
    }
  };
  /** What the thread said before it ended comes before its end. */
  const hearAll = (): void => {
    for (let left = receiveMessageOnPort(port); left !== undefined; left = receiveMessageOnPort(port))
      hear(left.message as FromThread);
  };
  port.on('message', hear);
  port.once('messageerror', (error) => fail(died(data, lastOn(), thrownText(error), error)));
  worker.once('error', (error: unknown) => {
    hearAll();
    const code = (error as { code?: unknown } | null)?.code;
    fail(
      code === 'ERR_WORKER_OUT_OF_MEMORY'
        ? tookTooMuch(data.name, limits, lastOn())
        : died(data, lastOn(), thrownText(error), error),
    );
  });
  worker.once('exit', (code) => {
    hearAll();
    fail(died(data, lastOn(), `it ended its thread with process.exit(${code})`));
  });

  return {
    post(message, transfer = []) {
      if (!ended) port.postMessage(message, transfer);
    },
    end,
  };
}

/** Outside of any call: in a callback, a timer, or a promise that nobody waited for. */
function died(module: ModuleName, lastOn: string, what: string, thrown: unknown = null): TidemarkError {
  const place = placeIn(module, thrown) ?? module.name;
  return new TidemarkError('TRANSFORM_FAILED', `${place} failed outside of its functions${lastOn}: ${what}.`);
}

function tookTooLong(name: string, { timeoutMs }: ThreadLimits, lastOn: string): TidemarkError {
  return new TidemarkError(
    'TRANSFORM_TIMEOUT',
    `${name} was at work on one batch for more than ${timeoutMs / 1000} s${lastOn}, and was ended.`,
  );
}

function tookTooMuch(name: string, { memoryMb }: ThreadLimits, lastOn: string): TidemarkError {
  return new TidemarkError(
    'TRANSFORM_MEMORY',
    `${name} took more than ${memoryMb} MB${lastOn}, and was ended.`,
  );
}
