/**
 * How many results are being read from each source, over the configs of one process and over all of its threads: none of
 * them is a reason for another to wait. See `max_load`.
 */
import type { SourceConfig } from '../config/config.ts';
import type { ReadingCount } from '../lane-ports.ts';
import { newSharedReading, sharedReading, type SharedReading } from '../lanes/shared-reading.ts';
import { serverKey } from './source-caps.ts';

export interface SourceReading extends SharedReading {
  /** As this thread counts. */
  readonly own: ReadingCount;
}

export interface SourceReadings {
  /** Of a source of a config; a name that now means another server begins anew. */
  of(name: string, source: Pick<SourceConfig, 'host' | 'port'>): SourceReading;
}

export function openSourceReadings(): SourceReadings {
  const readings = new Map<string, SourceReading>();
  return {
    of(name, source) {
      const key = serverKey(name, source);
      const reading = readings.get(key) ?? begin();
      readings.set(key, reading);
      return reading;
    },
  };
}

function begin(): SourceReading {
  const shared = newSharedReading();
  return { ...shared, own: sharedReading(shared.memory, shared.take()) };
}
