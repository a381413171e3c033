/**
 * What runs share in one process, in memory: a source of two tables, a bucket, a journal, the state's record of runs,
 * and a log. Every part may be replaced, and all of it can be looked at.
 */
import type { PreparedObject, TaskMemory, Trigger } from '../../src/domain/run.ts';
import { TidemarkError } from '../../src/errors.ts';
import type { Installation } from '../../src/execute.ts';
import type { Horizon, JournalEntry, Log, LogFields } from '../../src/ports.ts';
import type { RunAttempt } from '../../src/report.ts';
import { NO_MEMORY, attemptOf, recordFor } from '../support/runs.ts';
import { fakeBucket, nothing, recordKept } from './publish/bucket.ts';
import type { FakeBucket, Moment, Remains } from './publish/bucket.ts';
import { NO_TRANSFORMS, fakeSource } from './publish/fake-run.ts';
import type { SourceCall } from './publish/fake-run.ts';

export interface FakeInstallation extends Installation {
  readonly bucket: FakeBucket;
  /** Of the log: level, message, fields as JSON. */
  readonly lines: string[];
  /** Tasks whose lock is held. */
  readonly held: Set<string>;
  /** What earlier runs left in the journal. */
  readonly entries: JournalEntry[];
  /** Runs whose beginning was recorded, in that order. */
  readonly began: RunAttempt[];
  /** Tasks whose dead runs were closed. */
  readonly closed: string[];
}

export interface FakeOptions {
  /** May throw: the call to the source then fails. */
  readonly onCall?: (call: SourceCall) => void;
  /** What the source says of its clock and its open transactions. */
  readonly horizon?: Horizon;
  /** As `onCall`, for bucket and journal. */
  readonly onEvent?: (event: string, moment: Moment) => void;
  readonly entries?: readonly JournalEntry[];
  readonly remains?: Remains;
  readonly memory?: TaskMemory;
}

/** What an earlier run of this task left in the bucket: an upload, begun and not ended. */
export function leftBehind(task: string): JournalEntry {
  return {
    runId: `old-${task}`,
    task,
    sink: 's3',
    place: null,
    phase: 'preparing',
    uploads: [{ key: `${task}/old.csv`, uploadId: `upload-${task}` }],
    prepared: [],
    manifest: null,
  };
}

/** What is left of a run of task `staff` whose process died in its commit, before one of these objects was there. */
export function diedInCommit(trigger: Trigger, prepared: readonly PreparedObject[] = []): Remains {
  const run = attemptOf(trigger, { runId: 'died' });
  const remains = nothing();
  for (const { key, uploadId } of prepared)
    remains.uploads.set(uploadId, { key, runId: run.runId, parts: new Map([[1, 'rows']]) });
  remains.entry = {
    runId: run.runId,
    task: 'staff',
    sink: 's3',
    place: null,
    phase: 'committing',
    uploads: prepared.map(({ key, uploadId }) => ({ key, uploadId })),
    prepared,
    manifest: { key: `staff/_manifest_${run.stamp}.json`, body: '{}' },
  };
  remains.committing = recordFor(run, 'staff');
  return remains;
}

export function fakeInstallation(options: FakeOptions = {}): FakeInstallation {
  const remains = options.remains ?? nothing();
  const bucket = fakeBucket(remains, options.onEvent);
  const entries = [...(options.entries ?? [])];
  const lines: string[] = [];
  const held = new Set<string>();
  const began: RunAttempt[] = [];
  const closed: string[] = [];
  for (const { uploads } of entries) {
    for (const { key, uploadId } of uploads)
      remains.uploads.set(uploadId!, { key, runId: 'r', parts: new Map() });
  }
  const write =
    (level: string) =>
    (message: string, fields: LogFields = {}): void =>
      void lines.push(`${level} ${message} ${JSON.stringify(fields)}`);
  const log: Log = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
  const isFor = (task: string, scheduledFor: Date) => (record: Remains['records'][number]) =>
    record.report.task === task && record.report.scheduled_for === scheduledFor.toISOString();
  return {
    bucket,
    lines,
    held,
    entries,
    began,
    closed,
    source: () => fakeSource(options.onCall, false, options.horizon).source,
    sink: () => bucket.sink,
    settings: () => ({ batchThresholdMb: 1, prefix: '' }),
    blackoutEnd: () => null,
    pace: () => ({ maxLoad: null, bytesPerSecond: null }),
    journal: {
      open: (run) => bucket.journalOf(run),
      entries: (task) =>
        [...entries, ...(remains.entry === null ? [] : [remains.entry])].filter(
          (entry) => task === null || entry.task === task,
        ),
      close(runId) {
        entries.splice(0, entries.length, ...entries.filter((entry) => entry.runId !== runId));
        if (remains.entry?.runId === runId) remains.entry = null;
      },
      record(runId) {
        if (remains.entry?.runId === runId) recordKept(remains);
      },
      settled: () => Promise.resolve(),
    },
    unended: {
      runs: () => [],
      close(task) {
        closed.push(task);
        return [];
      },
    },
    transforms: NO_TRANSFORMS,
    runs: {
      memory: () => options.memory ?? NO_MEMORY,
      successFor: (task, { stamp }) =>
        remains.records.find(
          ({ report, stamp: of }) => report.task === task && of === stamp && report.status === 'succeeded',
        )?.report ?? null,
      failureSince(task, scheduledFor, since) {
        const { report } = remains.records.findLast(isFor(task, scheduledFor)) ?? {};
        if (report?.status !== 'failed' || report.finished_at < since.toISOString()) return null;
        return { runId: report.run_id, code: report.error?.code ?? '' };
      },
      isTaken: (task, scheduledFor) =>
        remains.records.some(isFor(task, scheduledFor)) ||
        began.some((attempt) => attempt.scheduledFor.getTime() === scheduledFor.getTime()),
      began: ({ attempt }) => void began.push(attempt),
      ended: (record) => void remains.records.push(record),
    },
    turns: { isBackfilled: () => false, ask: () => null, isAsked: () => false },
    said: new Set(),
    lockTask(task) {
      if (held.has(task)) throw new TidemarkError('ALREADY_RUNNING', `task ${task} is running`);
      held.add(task);
      return { release: () => void held.delete(task) };
    },
    forRun: (task, stamp) => ({
      ...log,
      file: `logs/${task}_${stamp}.log`,
      tail: (count) => lines.slice(-count),
      close: async () => void lines.push('closed'),
    }),
    recovering: new Map(),
    log,
  };
}
