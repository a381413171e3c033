/**
 * What the main thread does for one that holds lanes: says what lanes are made of, counts connections, and gives out the
 * one of each source that is kept for questions. What a thread had when it died is taken back: nobody else would.
 */
import type { Config } from '../config/config.ts';
import type { GiveBack } from '../crew/slots.ts';
import type { LaneSetup } from '../lane-ports.ts';
import type { LaneWork } from '../lane-thread.ts';
import type { SharedReading } from '../lanes/shared-reading.ts';
import type { ThreadDesk } from '../lanes/threads.ts';
import type { Meter } from '../metrics/counters.ts';
import type { ConnectionCap } from '../sources/mysql/connection-cap.ts';
import { entryOf, sinkOptions, sourceOptions } from './endpoints.ts';

export interface DeskPorts {
  readonly config: Config;
  cap(source: string): ConnectionCap;
  reading(source: string): SharedReading;
  /** Null: nobody counts. */
  readonly meter: Pick<Meter, 'connections' | 'partSent'> | null;
}

export function threadDesk({ config, cap, reading, meter }: DeskPorts): ThreadDesk<LaneWork> {
  const gone = new AbortController();
  const cells = new Map<string, number>();
  const connections = new Map<string, number>();
  const asides = new Map<number, GiveBack>();
  let lastAside = 0;

  const count = (source: string, change: 1 | -1): void => {
    connections.set(source, (connections.get(source) ?? 0) + change);
    meter?.connections(source, change);
  };

  return {
    work({ source, sink }: LaneSetup) {
      const { memory, take } = reading(source);
      const cell = cells.get(source) ?? take();
      cells.set(source, cell);
      return {
        source: {
          name: source,
          options: sourceOptions(entryOf(config.sources, source, 'source'), config.masking.hmac_key),
          maxConnections: cap(source).max,
          reading: { memory, cell },
        },
        sink: { name: sink, options: sinkOptions(entryOf(config.sinks, sink, 'sink')) },
        transformsDir: config.transforms_dir,
      };
    },
    connection: count,
    partSent: (sink, bytes) => meter?.partSent(sink, bytes),
    async takeAside(source) {
      // Whoever asks gives it back within seconds, and asks for nothing more meanwhile: see connection-cap.ts.
      const place = await cap(source).aside(gone.signal);
      asides.set(++lastAside, place);
      return lastAside;
    },
    giveAside(place) {
      asides.get(place)?.();
      asides.delete(place);
    },
    gone() {
      // First who waits: they would be next.
      gone.abort();
      for (const place of asides.values()) place();
      for (const [source, open] of connections) for (let left = open; left > 0; left--) count(source, -1);
      for (const [source, cell] of cells) reading(source).giveBack(cell);
    },
  };
}
