/**
 * The thread of a module, with its limits: whatever the module does to it, the run hears of it in one error, and the
 * process goes on.
 */
import { Worker } from 'node:worker_threads';
import { TidemarkError } from '../errors.ts';
import { placeIn, thrownText, type ModuleName } from './failure.ts';
import type { Failure, FromThread, ThreadData, ToThread } from './messages.ts';

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

/** Memory of the thread that is for short-lived objects, in megabytes, where there is so much. */
const YOUNG_MB = 32;

export function startThread(data: ThreadData, limits: ThreadLimits, events: ThreadEvents): ModuleThread {
  let ended = false;
  let timer: NodeJS.Timeout | undefined;
  const youngMb = Math.min(YOUNG_MB, Math.floor(limits.memoryMb / 4));
  // The compiler renames what is imported, but not what stands in a URL.
  const program = import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js';
  const worker = new Worker(new URL(program, import.meta.url), {
    name: 'row_transform',
    workerData: data,
    // A module has no business with the secrets of the process, and none with its output.
    env: {},
    argv: [],
    execArgv: [],
    stdout: true,
    stderr: true,
    resourceLimits: {
      maxOldGenerationSizeMb: limits.memoryMb - youngMb,
      maxYoungGenerationSizeMb: youngMb,
    },
  });
  worker.stdout.resume();
  worker.stderr.resume();

  const end = async (): Promise<void> => {
    ended = true;
    clearTimeout(timer);
    await worker.terminate();
  };
  const fail = (error: TidemarkError): void => {
    if (ended) return;
    void end();
    events.failed(error);
  };
  const late = (): void => {
    // What the thread has said meanwhile comes first: the main thread may have been too busy to listen.
    const set = timer;
    setImmediate(() => {
      if (timer === set) fail(tookTooLong(data.name, limits));
    });
  };

  worker.on('message', (message: FromThread) => {
    if (ended) return;
    switch (message.kind) {
      case 'busy':
        clearTimeout(timer);
        timer = setTimeout(late, limits.timeoutMs);
        return;
      case 'idle':
        clearTimeout(timer);
        timer = undefined;
        return;
      case 'failed':
        return fail(errorOf(message.failure));
      default:
        events.message(message);
    }
  });
  worker.once('messageerror', (error) => fail(died(data, thrownText(error), error)));
  worker.once('error', (error: unknown) => {
    const code = (error as { code?: unknown } | null)?.code;
    fail(
      code === 'ERR_WORKER_OUT_OF_MEMORY'
        ? tookTooMuch(data.name, limits)
        : died(data, thrownText(error), error),
    );
  });
  worker.once('exit', (code) => fail(died(data, `it ended its thread with process.exit(${code})`)));

  return {
    post(message, transfer = []) {
      if (!ended) worker.postMessage(message, transfer);
    },
    end,
  };
}

function errorOf({ code, message, hint, retryable, stack }: Failure): TidemarkError {
  const error = new TidemarkError(code, message, { hint, retryable });
  // Where it happened is in the other thread.
  if (stack !== undefined) error.stack = stack;
  return error;
}

/** Outside of any call: in a callback, a timer, or a promise that nobody waited for. */
function died(module: ModuleName, what: string, thrown: unknown = null): TidemarkError {
  const place = placeIn(module, thrown) ?? module.name;
  return new TidemarkError('TRANSFORM_FAILED', `${place} failed outside of its functions: ${what}.`);
}

function tookTooLong(name: string, { timeoutMs }: ThreadLimits): TidemarkError {
  return new TidemarkError(
    'TRANSFORM_TIMEOUT',
    `${name} was at work on one batch for more than ${timeoutMs / 1000} s, and was ended.`,
  );
}

function tookTooMuch(name: string, { memoryMb }: ThreadLimits): TidemarkError {
  return new TidemarkError('TRANSFORM_MEMORY', `${name} took more than ${memoryMb} MB, and was ended.`);
}
