/** Wires those who read: threads of this process, with the sources and sinks of the config. */
import { availableParallelism } from 'node:os';
import type { Config } from '../config/config.ts';
import { memoryBudget } from '../crew/budget.ts';
import { embeddedCrews } from '../crew/embedded.ts';
import { fairSlots, type GiveBack } from '../crew/slots.ts';
import type { LaneWork } from '../lane-thread.ts';
import type { Crews, LaneSetup } from '../lane-ports.ts';
import { newSharedReading } from '../lanes/shared-reading.ts';
import { laneThreads, type LaneThreads } from '../lanes/threads.ts';
import type { Meter } from '../metrics/counters.ts';
import type { Source } from '../ports.ts';
import type { ConnectionCap } from '../sources/mysql/connection-cap.ts';
import { entryOf, sinkOptions, sourceOptions } from './endpoints.ts';

/** Of a thread's JavaScript objects: rows and parts are outside of them. */
const THREAD_HEAP_MB = 512;

export interface CrewPorts {
  readonly config: Config;
  source(name: string): Source;
  cap(source: string): ConnectionCap;
  /** Null: nobody counts. */
  readonly meter: Meter | null;
  /** See Crews. */
  readonly sparesOne: boolean;
}

/** @returns who reads, and how to let go of them. */
export function openCrews(ports: CrewPorts): { readonly crews: Crews; close(): Promise<void> } {
  const { config } = ports;
  const threads = availableParallelism();
  const demands = Object.values(config.sinks).map(sinkOptions);
  const budget = memoryBudget(
    config.memory_limit_mb,
    demands,
    Math.max(threads, config.max_concurrent_tasks, config.parallelism),
  );
  const pool = openThreads(ports, threads);
  const crews = embeddedCrews({
    lanes: pool,
    slots: fairSlots(budget.slots),
    partsAtOnce: (sink) => budget.partsAtOnce(sinkOptions(entryOf(config.sinks, sink, 'sink'))),
    source: ports.source,
    places: (source, count, onWait, signal) => placesFor(ports.cap(source), count, onWait, signal),
    sparesOne: ports.sparesOne,
  });
  return { crews, close: () => pool.close() };
}

function openThreads({ config, cap, meter }: CrewPorts, threads: number): LaneThreads {
  const counts = new Map<string, SharedArrayBuffer>();
  const countOf = (source: string): SharedArrayBuffer => {
    const count = counts.get(source) ?? newSharedReading();
    counts.set(source, count);
    return count;
  };
  const asides = new Map<number, GiveBack>();
  let lastAside = 0;
  return laneThreads<LaneWork>({
    // The compiler renames what is imported, but not what stands in a URL.
    program: new URL(`../lane-thread${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url),
    threads,
    heapMb: THREAD_HEAP_MB,
    work: ({ source, sink }: LaneSetup): LaneWork => ({
      source: {
        name: source,
        options: sourceOptions(entryOf(config.sources, source, 'source'), config.masking.hmac_key),
        maxConnections: cap(source).max,
        reading: countOf(source),
      },
      sink: { name: sink, options: sinkOptions(entryOf(config.sinks, sink, 'sink')) },
      transformsDir: config.transforms_dir,
    }),
    shared: {
      connection: (source, change) => meter?.connections(source, change),
      partSent: (sink, bytes) => meter?.partSent(sink, bytes),
      async takeAside(source) {
        // Whoever asks gives it back within seconds, and asks for nothing more meanwhile: see connection-cap.ts.
        const place = await cap(source).aside(new AbortController().signal);
        asides.set(++lastAside, place);
        return lastAside;
      },
      giveAside(place) {
        asides.get(place)?.();
        asides.delete(place);
      },
    },
  });
}

/** Waits for the first place, and takes of the others what is free: runs that wait for each other's would wait for ever. */
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
