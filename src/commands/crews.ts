/** Wires those who read: threads of this process, with the sources and sinks of the config, or workers elsewhere. */
import { availableParallelism } from 'node:os';
import type { Config, ExecutorConfig } from '../config/config.ts';
import { memoryBudget } from '../crew/budget.ts';
import { cappedCrews, countedLeft, type Places } from '../crew/capped.ts';
import { embeddedCrews, type EmbeddedPorts } from '../crew/embedded.ts';
import type { ChangingSlots, GiveBack } from '../crew/slots.ts';
import { affordableCrews } from '../crew/affordable.ts';
import type { LaneWork } from '../lane-thread.ts';
import type { Crews } from '../lane-ports.ts';
import type { SharedReading } from '../lanes/shared-reading.ts';
import { laneThreads, type LaneThreads } from '../lanes/threads.ts';
import type { Meter } from '../metrics/counters.ts';
import type { Log, Source } from '../ports.ts';
import type { QueueCrews } from '../queue/crews.ts';
import type { ConnectionCap, SharedCap } from '../sources/mysql/connection-cap.ts';
import { entryOf, sinkOptions } from './endpoints.ts';
import { threadDesk } from './thread-desk.ts';
import { version } from './version.ts';

/** Of a thread's JavaScript objects: rows and parts are outside of them. */
const THREAD_HEAP_MB = 512;

export interface PoolPorts {
  readonly config: Config;
  cap(source: string): ConnectionCap;
  reading(source: string): SharedReading;
  /** For all that is read in this process. There are as many as its config says, from now on. */
  readonly slots: ChangingSlots;
  /** Null: nobody counts. */
  readonly meter: Meter | null;
}

export interface CrewPorts extends PoolPorts {
  cap(source: string): SharedCap;
  source(name: string): Source;
  /** What a sink's name stands for. */
  place(sink: string): string;
  /** See Crews. */
  readonly sparesOne: boolean;
  /** See QueueCrewsPorts. */
  readonly detach: AbortSignal;
  readonly redact: (text: string) => string;
  readonly log: Log;
}

export interface OpenCrews {
  readonly crews: Crews;
  /** The same, where workers read; null: threads of this process do. */
  readonly queue: QueueCrews | null;
  close(): Promise<void>;
}

export interface LanePool extends Pick<EmbeddedPorts, 'lanes' | 'slots' | 'partsAtOnce'> {
  close(): Promise<void>;
}

/** @throws TidemarkError CONFIG_INVALID where a file of the executor cannot be read. */
export function openCrews(ports: CrewPorts): OpenCrews {
  const { executor } = ports.config;
  if (executor.type === 'bullmq') return openQueueCrews(ports, executor);
  const pool = openLanePool(ports);
  const crews = embeddedCrews({ ...pool, source: ports.source, sparesOne: ports.sparesOne });
  const capped = cappedCrews(crews, placesUnder(ports));
  return { crews: affordableCrews(capped, pool.slots), queue: null, close: pool.close };
}

/** Lanes in threads of this process, which share its memory and its connections fairly. */
export function openLanePool(ports: PoolPorts): LanePool {
  const { config } = ports;
  const demands = Object.values(config.sinks).map(sinkOptions);
  const budget = memoryBudget(config.memory_limit_mb, demands, wantedLanes(config));
  const pool = openThreads(ports, availableParallelism());
  ports.slots.resize(budget.slots);
  return {
    lanes: pool,
    slots: ports.slots,
    partsAtOnce: (sink) => budget.partsAtOnce(sinkOptions(entryOf(config.sinks, sink, 'sink'))),
    close: () => pool.close(),
  };
}

/** Lanes that there should be memory for in this process. */
export function wantedLanes({ executor, max_concurrent_tasks, parallelism }: Config): number {
  const threads = availableParallelism();
  if (executor.type === 'bullmq') return executor.concurrency ?? threads;
  return Math.max(threads, max_concurrent_tasks, parallelism);
}

/** Its libraries take half a second and 25 MB: they are loaded when they are first needed, and only by who does. */
function openQueueCrews(
  { config, cap, source, place, sparesOne, detach, redact, log }: CrewPorts,
  executor: Extract<ExecutorConfig, { type: 'bullmq' }>,
): OpenCrews {
  const load = async () => {
    const [{ connectQueue }, { queueCrews }, { hmacProof }] = await Promise.all([
      import('../queue/connection.ts'),
      import('../queue/crews.ts'),
      import('../queue/hmac-proof.ts'),
    ]);
    const connection = connectQueue(executor, 'leader');
    const proof = (crew: string): string | null => hmacProof(config.masking.hmac_key, crew);
    const what = { connection, config: executor, program: version(), source, place, detach, redact, log };
    const crews = queueCrews({ ...what, hmacProof: proof }, sparesOne);
    const counted = countedLeft(crews, (name) => cap(name).countReader());
    return { connection, crews: cappedCrews(counted, placesUnder({ cap })) };
  };
  let loading: ReturnType<typeof load> | null = null;
  const loaded = async (): Promise<QueueCrews> => (await (loading ??= load())).crews;
  const crews: QueueCrews = {
    sparesOne,
    assemble: async (...request) => (await loaded()).assemble(...request),
    find: async (...request) => (await loaded()).find(...request),
    leadOn: async (...request) => (await loaded()).leadOn(...request),
    dissolve: async (...request) => (await loaded()).dissolve(...request),
  };
  const close = async (): Promise<void> => (await loading?.catch(() => null))?.connection.close();
  return { crews, queue: crews, close };
}

function openThreads(ports: PoolPorts, threads: number): LaneThreads {
  return laneThreads<LaneWork>({
    // The compiler renames what is imported, but not what stands in a URL.
    program: new URL(`../lane-thread${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url),
    threads,
    heapMb: THREAD_HEAP_MB,
    desk: () => threadDesk(ports),
  });
}

/** Waits for the first place, and takes of the others what is free: runs that wait for each other's would wait for ever. */
function placesUnder({ cap }: Pick<PoolPorts, 'cap'>): Places {
  return (source, count, onWait, signal) => placesFor(cap(source), count, onWait, signal);
}

async function placesFor(
  cap: ConnectionCap,
  count: number,
  onWait: (reason: string | null) => void,
  signal: AbortSignal,
): Promise<readonly GiveBack[]> {
  let waited = false;
  const places = [
    await cap.reader(signal, () => {
      waited = true;
      onWait(`the source's max_connections, ${cap.max}, are in use`);
    }),
  ];
  if (waited) onWait(null);
  while (places.length < count) {
    const place = cap.freeReader();
    if (place === null) break;
    places.push(place);
  }
  return places;
}
