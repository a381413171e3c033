/** What is counted as it happens, by this process: a restart begins at 0, which Prometheus knows how to take. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { RunReport } from '../domain/run.ts';

/** Counts what runs, sources and sinks do. */
export interface Meter {
  /** Of a run that succeeded, failed or was skipped. */
  runEnded(report: Pick<RunReport, 'task' | 'status' | 'duration_ms' | 'tables'>): void;
  /** An attempt failed, and there will be another. */
  retried(task: string): void;
  /** The server has let a connection in (1), or closed it (-1). */
  connections(source: string, change: 1 | -1): void;
  /** A part of an upload has arrived. */
  partSent(sink: string, bytes: number): void;
}

export interface Counters extends Meter {
  /** Tasks in force: each is there, with 0, before anything is counted of it; others disappear. */
  keep(tasks: readonly string[]): void;
  /**
   * Sources and sinks of the config in force: as with tasks, but a source that is gone stays while a run that began with
   * it has a connection.
   */
  keepEndpoints(sources: readonly string[], sinks: readonly string[]): void;
}

const STATUSES = ['succeeded', 'failed', 'skipped'] as const;
/** From a small table to a night's work, in seconds. */
const DURATIONS = [1, 5, 15, 60, 300, 900, 3600, 14_400];

export function createCounters(registry: Registry): Counters {
  const registers = [registry];
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[]): Counter<L> =>
    new Counter({ name, help, labelNames, registers });

  const runs = counter('tidemark_runs_total', 'Runs that have ended, by task and status.', [
    'task',
    'status',
  ]);
  const rows = counter('tidemark_rows_total', 'Rows that succeeded runs have written.', ['task']);
  const bytes = counter('tidemark_bytes_total', 'Bytes of the objects that succeeded runs have written.', [
    'task',
  ]);
  const retries = counter('tidemark_retries_total', 'Attempts that failed and were followed by another.', [
    'task',
  ]);
  const durations = new Histogram({
    name: 'tidemark_run_duration_seconds',
    help: 'How long runs that succeeded or failed took, all their attempts together.',
    labelNames: ['task'] as const,
    buckets: DURATIONS,
    registers,
  });
  const connections = new Gauge({
    name: 'tidemark_source_connections',
    help: 'Open connections to a database server, by source of the config.',
    labelNames: ['source'] as const,
    registers,
  });
  const parts = counter('tidemark_s3_parts_total', 'Parts of uploads that have arrived, by sink.', ['sink']);
  const sent = counter('tidemark_s3_bytes_total', 'Bytes of these parts, those of failed runs included.', [
    'sink',
  ]);
  const open = new Map<string, number>();
  let knownSinks = new Set<string>();

  let known = new Set<string>();
  const add = (task: string): void => {
    known.add(task);
    for (const status of STATUSES) runs.inc({ task, status }, 0);
    for (const one of [rows, bytes, retries]) one.inc({ task }, 0);
    durations.zero({ task });
  };
  const drop = (task: string): void => {
    for (const status of STATUSES) runs.remove({ task, status });
    for (const one of [rows, bytes, retries, durations]) one.remove({ task });
  };

  return {
    runEnded({ task, status, duration_ms, tables }) {
      if (!known.has(task)) add(task);
      runs.inc({ task, status });
      if (status !== 'skipped') durations.observe({ task }, duration_ms / 1000);
      if (status !== 'succeeded') return;
      for (const table of tables) {
        rows.inc({ task }, table.rows);
        bytes.inc({ task }, table.bytes);
      }
    },
    retried(task) {
      if (!known.has(task)) add(task);
      retries.inc({ task });
    },
    connections(source, change) {
      const count = (open.get(source) ?? 0) + change;
      open.set(source, count);
      connections.set({ source }, count);
    },
    partSent(sink, length) {
      knownSinks.add(sink);
      parts.inc({ sink });
      sent.inc({ sink }, length);
    },
    keepEndpoints(sources, sinks) {
      const inForce = new Set(sources);
      for (const source of inForce) {
        if (open.has(source)) continue;
        open.set(source, 0);
        connections.set({ source }, 0);
      }
      for (const [source, count] of open) {
        if (count > 0 || inForce.has(source)) continue;
        open.delete(source);
        connections.remove({ source });
      }
      const gone = knownSinks;
      knownSinks = new Set(sinks);
      for (const sink of knownSinks) {
        gone.delete(sink);
        parts.inc({ sink }, 0);
        sent.inc({ sink }, 0);
      }
      for (const sink of gone) for (const one of [parts, sent]) one.remove({ sink });
    },
    keep(tasks) {
      const before = known;
      known = new Set();
      for (const task of tasks) {
        if (before.delete(task)) known.add(task);
        else add(task);
      }
      for (const task of before) drop(task);
    },
  };
}
