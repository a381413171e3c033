/** Wires an installation from its config: sources, sinks, state, log and mails. The only place where all are known. */
import { secretsOf, type Config } from '../config/config.ts';
import { fairSlots, type ChangingSlots } from '../crew/slots.ts';
import type { Spec } from '../domain/spec.ts';
import type { MetricsPast } from '../daemon/metrics-source.ts';
import type { PauseBook } from '../daemon/controls.ts';
import type { FreshnessBook } from '../daemon/freshness-watch.ts';
import type { PagePast } from '../daemon/page-source.ts';
import type { Installation } from '../execute.ts';
import type { PlanSettings } from '../plan/build.ts';
import { createLog, type ProcessLog } from '../log.ts';
import type { Meter } from '../metrics/counters.ts';
import { meteredSink } from '../metrics/metered-sink.ts';
import type { Notifier } from '../notify/notify.ts';
import type { Settled, Source } from '../ports.ts';
import type { SweepPorts } from '../publish/sweep.ts';
import { growingRedactor, type GrowingRedactor } from '../redact.ts';
import type { SlotBook } from '../schedule/schedule.ts';
import { s3Sink, type S3Sink } from '../sinks/s3/sink.ts';
import type { ConnectionCap } from '../sources/mysql/connection-cap.ts';
import { mysqlSource } from '../sources/mysql/snapshot.ts';
import { addBackfill, findBackfill, type Backfill, type BackfillRequest } from '../state/backfills.ts';
import { openState, type StateDatabase } from '../state/database.ts';
import { closeEntry, journalEntries, openJournal, recordEntry } from '../state/journal.ts';
import {
  acquireLock,
  backfillLockPath,
  lockedBy,
  requireLock,
  taskLockPath,
  turnLockPath,
} from '../state/lock.ts';
import { mailBook } from '../state/outbox.ts';
import { noteRunAsked, pausedTasks, pauseTask, resumeTask } from '../state/pauses.ts';
import { recordDeaths, unendedRuns } from '../state/runs.ts';
import { saveSlots, settledSlots } from '../state/slots.ts';
import { abortedAgain, abortedUploads, forgetUploads } from '../state/uploads.ts';
import { transformsIn } from '../transform/transforms.ts';
import { openCrews } from './crews.ts';
import { entryOf, sinkOptions, sourceOptions } from './endpoints.ts';
import { freshnessBook } from './freshness-book.ts';
import { historyOf, type History } from './kept-history.ts';
import { logSettings } from './log-settings.ts';
import { paceLimits, taskBlackoutEnd } from './load-limits.ts';
import { openSourceCaps, type SourceCaps } from './source-caps.ts';
import { openSourceReadings, type SourceReading, type SourceReadings } from './source-readings.ts';
import { openNotifier } from './mails.ts';
import { metricsPast } from './metrics-past.ts';
import { pagePast } from './page-past.ts';
import { runBook } from './run-book.ts';

/** What the installations of one process share, whatever their configs say. */
export interface Shared {
  readonly state: StateDatabase;
  readonly redactor: GrowingRedactor;
  readonly caps: SourceCaps;
  readonly readings: SourceReadings;
  readonly slots: ChangingSlots;
  readonly recovering: Installation['recovering'];
  readonly said: Installation['said'];
  /** See Journal. */
  readonly settled: Settled;
  /** Aborted where the process ends and leaves runs to those who lead them on. */
  readonly detach: AbortController;
}

/** An installation that runs tasks in this process; `close` lets go of all it holds. */
export interface LiveInstallation extends Installation {
  readonly shared: Shared;
  readonly log: ProcessLog;
  /** Takes secrets out of a text. */
  readonly redact: (text: string) => string;
  /** Null: the config names neither an SMTP server nor a webhook. */
  readonly notifier: Notifier | null;
  /** What the state keeps of the past, without secrets. */
  readonly history: History;
  /** Tasks that are paused, and what people did to a task. */
  readonly pauses: PauseBook;
  /** What the status pages show of the state, the logs and the buckets, without secrets. */
  readonly pages: PagePast;
  /** What metrics show of the state. */
  readonly metrics: MetricsPast;
  readonly backfills: Backfills;
  /** What specs promise, and what has come of it. */
  readonly freshness: FreshnessBook;
  /** Up to which slot of its schedule each task has been dealt with. */
  readonly slots: SlotBook;
  /** Uploads that were aborted, for the sweeper. */
  readonly aborted: SweepPorts['aborted'];
  close(): Promise<void>;
  /** As `close`, but for what it shares: another one takes over, and sends the mails. @param idle its last run has ended. */
  retire(idle: Promise<void>): Promise<void>;
}

interface Backfills {
  find(request: Omit<BackfillRequest, 'fingerprint'>): Backfill | null;
  add(id: string, request: BackfillRequest): Backfill;
  /** Holds the backfills of a task against every other process; live runs go on. */
  lock(task: string): { release(): void };
}

export interface InstallationOptions {
  /** Where log lines go besides the files; the process's own by default. */
  readonly stderr?: NodeJS.WritableStream | undefined;
  /** Counts what sources and sinks do; by default, nobody does. */
  readonly meter?: Meter;
  /** Of the installation that this one takes over from; by default, it begins with its own. */
  readonly shared?: Shared;
  /** See Crews; by default, it does: who runs one task and waits for it has nothing else to do in this thread. */
  readonly sparesOne?: boolean;
}

/** @throws TidemarkError STATE_UNUSABLE. */
export function openInstallation(
  config: Config,
  { stderr, meter, shared = openShared(config), sparesOne = true }: InstallationOptions = {},
): LiveInstallation {
  const { state, redactor, settled } = shared;
  const { redact } = redactor;
  redactor.add(secretsOf(config));
  const log: ProcessLog = createLog({
    logsDir: config.logs_dir,
    ...logSettings(config),
    redact,
    stderr,
    onWriteFailure: (error) => notifier?.logsUnwritable(error),
  });
  const notifier = openNotifier(config, mailBook(state.db), log, redact, settled);
  const sinks = new Map<string, S3Sink>();
  const sinkNamed = (name: string): S3Sink => {
    const sink = sinks.get(name) ?? sharedSink(name, config, meter);
    sinks.set(name, sink);
    return sink;
  };

  const sources = new Map<string, Source>();
  const capNamed = shared.caps.adopt(config.sources);
  const readingNamed = (name: string): SourceReading =>
    shared.readings.of(name, entryOf(config.sources, name, 'source'));
  /** One for all runs: they share its connections. */
  const sourceNamed = (name: string): Source => {
    const source = sources.get(name) ?? sharedSource(name, config, capNamed(name), readingNamed(name), meter);
    sources.set(name, source);
    return source;
  };
  const crew = openCrews({
    config,
    source: sourceNamed,
    cap: capNamed,
    reading: readingNamed,
    slots: shared.slots,
    meter: meter ?? null,
    place: (name) => sinkNamed(name).url(''),
    sparesOne,
    detach: shared.detach.signal,
    redact,
    log,
  });

  const closeSinks = (): void => {
    for (const sink of sinks.values()) sink.close();
  };

  return {
    shared,
    log,
    redact,
    notifier,
    source: sourceNamed,
    sink: sinkNamed,
    crews: crew.crews,
    left: crew.queue,
    settings: (spec) => planSettings(config, spec),
    blackoutEnd: (spec, at) => taskBlackoutEnd(config, spec, at),
    pace: (spec) => paceLimits(entryOf(config.sources, spec.source, 'source'), spec),
    recovering: shared.recovering,
    journal: {
      open: (run) => openJournal(state.db, { ...run, place: sinkNamed(run.sink).url(''), settled }),
      entries: (task) => journalEntries(state.db, task),
      close: (runId) => closeEntry(state.db, runId),
      record: (runId) => recordEntry(state.db, runId),
      settled,
    },
    aborted: {
      uploads: () => abortedUploads(state.db),
      again: (upload, at) => abortedAgain(state.db, upload, at),
      forget: (uploads) => forgetUploads(state.db, uploads),
    },
    unended: {
      runs: () => unendedRuns(state.db),
      close: (task) => recordDeaths(state.db, task, new Date()),
    },
    transforms: transformsIn(config.transforms_dir),
    runs: runBook(state.db, config.timezone),
    slots: {
      load: () => settledSlots(state.db),
      save: (slots, gone) => saveSlots(state.db, slots, gone),
    },
    said: shared.said,
    backfills: {
      find: (request) => findBackfill(state.db, request),
      add: (id, request) => addBackfill(state.db, id, request),
      lock: (task) => requireLock(backfillLockPath(config.state_dir, task), `a backfill of ${task}`),
    },
    turns: {
      isBackfilled: (task) => lockedBy(backfillLockPath(config.state_dir, task)) !== null,
      ask: (task) => acquireLock(turnLockPath(config.state_dir, task)),
      isAsked: (task) => lockedBy(turnLockPath(config.state_dir, task)) !== null,
    },
    lockTask: (task) => requireLock(taskLockPath(config.state_dir, task), `task ${task}`),
    forRun: log.forRun,
    pauses: {
      load: () => pausedTasks(state.db),
      pause: (task, actor, at) => pauseTask(state.db, task, { actor, at }),
      resume: (task, actor, at) => resumeTask(state.db, task, { actor, at }),
      noteRun: (task, slot, actor, at) => noteRunAsked(state.db, task, slot, { actor, at }),
    },
    pages: pagePast(config, state.db, redact, sinkNamed),
    metrics: metricsPast(state.db),
    freshness: freshnessBook(state.db),
    history: historyOf(state.db, config, redact, log),
    async close() {
      await notifier?.close();
      await crew.close();
      closeSinks();
      state.close();
    },
    retire: async (idle) => {
      await Promise.all([notifier?.close(), idle]);
      await crew.close();
      closeSinks();
    },
  };
}

/** @param settled left out: at once. @throws TidemarkError STATE_UNUSABLE. */
export function openShared({ state_dir }: Config, settled: Settled = () => Promise.resolve()): Shared {
  return {
    state: openState(state_dir),
    redactor: growingRedactor(),
    caps: openSourceCaps(),
    readings: openSourceReadings(),
    slots: fairSlots(1),
    recovering: new Map(),
    said: new Set(),
    settled,
    detach: new AbortController(),
  };
}

/** What a plan takes from the config. */
export function planSettings(config: Config, spec: Spec): PlanSettings {
  return {
    batchThresholdMb: config.batch_threshold_mb,
    parallelism: spec.parallelism ?? config.parallelism,
    prefix: entryOf(config.sinks, spec.sink, 'sink').prefix,
  };
}

function sharedSink(name: string, config: Config, meter: Meter | undefined): S3Sink {
  return meteredSink(s3Sink(sinkOptions(entryOf(config.sinks, name, 'sink'))), name, meter);
}

function sharedSource(
  name: string,
  config: Config,
  cap: ConnectionCap,
  { own: reading }: SourceReading,
  meter: Meter | undefined,
): Source {
  const source = entryOf(config.sources, name, 'source');
  const onConnection = (change: 1 | -1): void => meter?.connections(name, change);
  return mysqlSource({ ...sourceOptions(source, config.masking.hmac_key), cap, reading, onConnection });
}
