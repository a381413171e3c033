/** What the daemon is started with. */
import type { Spec } from '../domain/spec.ts';
import type { PastRun, RunRecord } from '../domain/run.ts';
import type { Role } from '../http/probe-routes.ts';
import type { RunList, RunQuery } from '../http/run-list.ts';
import type { Log, RunObserver, Settled } from '../ports.ts';
import type { RunOutcome } from '../report.ts';
import type { SlotBook } from '../schedule/schedule.ts';
import type { ParseSpec } from '../watch/spec-folder.ts';
import type { PauseBook } from './controls.ts';
import type { DigestOptions } from './digest.ts';
import type { RunTask } from './dispatcher.ts';
import type { FreshnessOptions } from './freshness-watch.ts';
import type { LeadOn } from './led-runs.ts';
import type { MetricsFacts } from './metrics-source.ts';
import type { PagePast } from './page-source.ts';
import type { InvalidSpec } from './spec-changes.ts';

export interface DaemonSettings {
  readonly specsDir: string;
  readonly stateDir: string;
  /** IANA zone of the specs that name none. */
  readonly timezone: string;
  readonly maxConcurrentTasks: number;
  readonly shutdownGraceMs: number;
  /** Null: no server. */
  readonly http: {
    readonly host: string;
    readonly port: number;
    readonly allowed_hosts: readonly string[];
    readonly token: string | null;
  } | null;
  readonly watch: { readonly polling: boolean; readonly intervalMs: number };
}

/** Those that can change while it runs. */
export type LiveSettings = Pick<DaemonSettings, 'timezone' | 'maxConcurrentTasks' | 'shutdownGraceMs'>;

export interface DaemonOptions {
  readonly settings: DaemonSettings;
  readonly parseSpec: ParseSpec;
  /**
   * Clears away what runs of earlier processes have left, or leads on those whose lanes go on. Never rejects; called
   * again from time to time.
   */
  readonly recover: (signal: AbortSignal, leadOn: LeadOn) => Promise<void>;
  /** Leaves runs that workers read to the next daemon, before they are told to stop; left out: there are none. */
  readonly leave?: () => void;
  /** Looks at uploads that were aborted and may have come back. Never rejects; called again every day. */
  readonly sweep: (signal: AbortSignal) => Promise<void>;
  /** Runs a task once, and reports. See `RunTask`; the observer hears how far it is. */
  readonly runTask: (...run: [...Parameters<RunTask>, RunObserver]) => Promise<RunOutcome>;
  /** When the blackout that a task is in at a moment is over; null: it is in none. */
  readonly blackoutEnd: (spec: Spec, at: Date) => Date | null;
  /** Throws TidemarkError STATE_UNUSABLE. */
  readonly recordSkip: (record: RunRecord) => void;
  readonly slots: SlotBook;
  /** Tells the owner of a run that failed, or that ended a failure. */
  readonly notifyRun: (spec: Spec, outcome: RunOutcome, context: { readonly nextFire: Date | null }) => void;
  /** Tells the owner of the last good version, or else the admin, of a spec that cannot be used. */
  readonly notifyInvalidSpec: (invalid: InvalidSpec) => void;
  /** These files can be used, or are gone: the next fault of theirs is news. */
  readonly notifyValidSpecs: (files: readonly string[]) => void;
  /** What specs promise of their tasks' freshness, and who hears where it is not kept. */
  readonly freshness: Pick<FreshnessOptions, 'book' | 'news'>;
  /** The digest of each day; left out: none. */
  readonly digest?: DigestOptions;
  /** What the state keeps of the past. */
  readonly history: {
    /** By task. */
    lastRuns(): ReadonlyMap<string, PastRun>;
    runs(query: RunQuery): RunList;
    /** Removes what is older than it is kept. */
    prune(signal: AbortSignal): Promise<void>;
    /** The same of log files. */
    pruneLogs(signal: AbortSignal): Promise<void>;
  };
  /** What is kept of what people do. */
  readonly pauses: PauseBook;
  /** What the status pages show besides. */
  readonly pages: PagePast;
  /** What metrics show besides, and how they are written. */
  readonly metrics: Pick<MetricsFacts, 'past' | 'endpoints' | 'render'>;
  /** Where two daemons have one state; left out: this one is alone. */
  readonly ha?: {
    /** Why it cannot be proved just now that this daemon leads; null: it can. */
    readonly doubt: () => string | null;
    readonly settled: Settled;
    readonly role: () => Role;
  };
  /** Called when the daemon begins to stop. */
  readonly onStopping?: () => void;
  readonly log: Log;
}
