/**
 * Threads that read, encode, compress and upload: one pool for all runs of the process. A thread is started when a lane
 * is opened and there is room for one more; it holds as many lanes as it is given, and ends when it has had none for a
 * while. What ends a thread ends its lanes, not the process.
 */
import { Worker } from 'node:worker_threads';
import { TidemarkError } from '../errors.ts';
import type { JobEvents, Lane, Lanes, LaneSetup } from '../lane-ports.ts';
import { toPlain } from '../plain-error.ts';
import { callsOver, type MainSide, type ThreadSide } from './protocol.ts';

export interface LaneThreads extends Lanes {
  /** Ends all threads; lanes that are still open are lost. */
  close(): Promise<void>;
}

export interface ThreadOptions<Work> {
  /** What a thread runs: it calls `serveLanes`. */
  readonly program: URL;
  /** At most. */
  readonly threads: number;
  /** How long a thread may take to end what it was told to end, in milliseconds; then it is ended itself. */
  readonly hangMs?: number;
  /** Of each thread's JavaScript objects, in megabytes; what V8 would need beyond it ends the thread. */
  readonly heapMb: number;
  /** For a thread that is being started. */
  desk(): ThreadDesk<Work>;
}

/** What the main thread does for one of the others, whichever lane it is for. */
export interface ThreadDesk<Work> extends Pick<
  MainSide,
  'connection' | 'partSent' | 'takeAside' | 'giveAside'
> {
  /** Of what the thread makes a lane: plain data. */
  work(setup: LaneSetup): Work;
  /** The thread has ended, in whatever way: what it had is nobody's. Called once. */
  gone(): void;
}

const IDLE_MS = 10_000;
/** A sink that hangs is waited for less long: see run-job.ts. */
const HANG_MS = 30_000;

interface Thread<Work> {
  readonly calls: ReturnType<typeof callsOver<ThreadSide<Work>, MainSide>>;
  readonly desk: ThreadDesk<Work>;
  /** The events of the job that each lane does. */
  readonly lanes: Map<number, JobEvents | null>;
  /** Why its lanes are lost; null: it lives. */
  lost: TidemarkError | null;
  idle: NodeJS.Timeout | undefined;
  /** Keeps the process alive, or does so no more. */
  keep(alive: boolean): void;
  end(): Promise<void>;
}

export function laneThreads<Work>(options: ThreadOptions<Work>): LaneThreads {
  const threads = new Set<Thread<Work>>();
  const hangMs = options.hangMs ?? HANG_MS;
  let lastLane = 0;

  /** The one with the fewest lanes; a new one before any has two. */
  const threadForOne = (): Thread<Work> => {
    let best: Thread<Work> | null = null;
    for (const thread of threads) if (best === null || thread.lanes.size < best.lanes.size) best = thread;
    if (best !== null && (best.lanes.size === 0 || threads.size >= options.threads)) return best;
    const thread = startThread(options, () => threads.delete(thread));
    threads.add(thread);
    return thread;
  };

  const release = (thread: Thread<Work>, id: number): void => {
    thread.lanes.delete(id);
    if (thread.lanes.size > 0 || thread.lost !== null) return;
    thread.keep(false);
    thread.idle = setTimeout(() => {
      threads.delete(thread);
      void thread.end();
    }, IDLE_MS).unref();
  };

  const openOne = async (setup: LaneSetup, signal: AbortSignal): Promise<Lane> => {
    const thread = threadForOne();
    const id = ++lastLane;
    clearTimeout(thread.idle);
    thread.lanes.set(id, null);
    thread.keep(true);
    const { calls } = thread;
    /** Asks the thread; an abort here is one there. */
    const asked = async <T>(call: () => Promise<T>, own: AbortSignal): Promise<T> => {
      own.throwIfAborted();
      if (thread.lost !== null) throw thread.lost;
      let hang: NodeJS.Timeout | undefined;
      const abort = (): void => {
        void calls.abort.asEvent(id, toPlain(own.reason));
        hang = setTimeout(() => void thread.end(), hangMs);
      };
      own.addEventListener('abort', abort);
      try {
        return await call();
      } catch (error) {
        own.throwIfAborted();
        throw error;
      } finally {
        clearTimeout(hang);
        own.removeEventListener('abort', abort);
      }
    };
    try {
      await asked(() => calls.open(id, setup, thread.desk.work(setup)), signal);
    } catch (error) {
      release(thread, id);
      throw error;
    }
    return {
      begin: (own) => asked(() => calls.begin(id), own),
      async run(job, events, own) {
        thread.lanes.set(id, events);
        try {
          return await asked(() => calls.run(id, job), own);
        } finally {
          thread.lanes.set(id, null);
        }
      },
      scalar: (sql, own) => asked(() => calls.scalar(id, sql), own),
      loss: () => thread.lost,
      async close() {
        const hang = setTimeout(() => void thread.end(), hangMs);
        try {
          if (thread.lost === null) await calls.close(id);
        } catch (error) {
          if (thread.lost === null) throw error;
        } finally {
          clearTimeout(hang);
          release(thread, id);
        }
      },
    };
  };

  return {
    async open(setup, count, signal) {
      const failed = new AbortController();
      const ended = AbortSignal.any([signal, failed.signal]);
      const opened = await Promise.allSettled(
        Array.from({ length: count }, () =>
          openOne(setup, ended).catch((error: unknown) => {
            failed.abort(error);
            throw error;
          }),
        ),
      );
      const lanes = opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
      if (!failed.signal.aborted) return lanes;
      await Promise.all(lanes.map((lane) => lane.close()));
      throw failed.signal.reason;
    },
    async close() {
      await Promise.all(Array.from(threads, (thread) => thread.end()));
      threads.clear();
    },
  };
}

function startThread<Work>(
  { program, heapMb, desk: openDesk }: ThreadOptions<Work>,
  onEnd: () => void,
): Thread<Work> {
  const worker = new Worker(program, {
    name: 'tidemark-lanes',
    resourceLimits: { maxOldGenerationSizeMb: heapMb },
  });
  const lanes: Thread<Work>['lanes'] = new Map();
  const desk = openDesk();
  const events = (lane: number): JobEvents => {
    const found = lanes.get(lane) ?? null;
    if (found === null) throw new TidemarkError('INTERNAL', `Lane ${lane} does no job.`);
    return found;
  };
  const local: MainSide = {
    connection: desk.connection,
    partSent: desk.partSent,
    takeAside: desk.takeAside,
    giveAside: desk.giveAside,
    beginning: async (lane, key) => events(lane).beginning(key),
    begun: async (lane, key, outcome) => events(lane).begun(key, outcome),
    // The last words of a job may come after it was given up.
    progress: (lane, progress) => lanes.get(lane)?.progress(progress),
    said: (lane, message) => lanes.get(lane)?.said(message),
    waits: (lane, reason) => lanes.get(lane)?.waits(reason),
  };
  const calls = callsOver<ThreadSide<Work>, MainSide>(worker, local);
  const thread: Thread<Work> = {
    calls,
    desk,
    lanes,
    lost: null,
    idle: undefined,
    keep: (alive) => (alive ? worker.ref() : worker.unref()),
    async end() {
      lose(new TidemarkError('LANE_LOST', 'The thread was ended.'));
      await worker.terminate();
    },
  };
  const lose = (error: TidemarkError): void => {
    if (thread.lost !== null) return;
    thread.lost = error;
    clearTimeout(thread.idle);
    onEnd();
    for (const settled of calls.$rejectPendingCalls(({ reject }) => reject(error))) void settled;
    calls.$close();
  };
  worker.on('error', (error: NodeJS.ErrnoException) => lose(laneLost(error)));
  worker.on('exit', (code) => {
    lose(new TidemarkError('LANE_LOST', `The thread that read a batch ended with exit code ${code}.`));
    // Not before: until then its connections are open, and it counts on.
    desk.gone();
  });
  return thread;
}

function laneLost(error: NodeJS.ErrnoException): TidemarkError {
  const what =
    error.code === 'ERR_WORKER_OUT_OF_MEMORY'
      ? 'ran out of memory'
      : `failed: ${error.message ?? String(error)}`;
  return new TidemarkError('LANE_LOST', `The thread that read a batch ${what}.`, { cause: error });
}
