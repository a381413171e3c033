/** What the pages show, as plain data without secrets: the daemon gives it, the pages only lay it out. */
import type { PastRun, RunPoint, RunReport } from '../../domain/run.ts';
import type { LiveRun } from '../live-run.ts';
import type { TaskView } from '../task-list.ts';

/** Times are ISO 8601 UTC, here and below. */
export interface Overview {
  readonly instance: Instance;
  readonly tasks: readonly TaskSummary[];
  /** Spec files of which no version is in force. */
  readonly unusable: readonly { readonly file: string; readonly message: string }[];
  readonly live: readonly LiveRun[];
}

/** Which daemon this is. */
export interface Instance {
  readonly host: string;
  readonly version: string;
  readonly started_at: string;
  /** Of what is shown: see `LiveFeed`. */
  readonly page_version: string;
  /** Why it is not ready; null: it is. */
  readonly not_ready: string | null;
  /** Whether failures are mailed at all. */
  readonly mails: boolean;
}

export interface TaskSummary {
  readonly view: TaskView;
  /** `A. Owner <owner@example.com>` */
  readonly owner: string;
  /** `mysql → s3` */
  readonly route: string;
  /** Failed runs since the last success; null: the last run succeeded, or there is none. */
  readonly failing: { readonly since: string; readonly runs: number } | null;
  readonly watermarks: readonly WatermarkView[];
  /** The last runs, backfills aside, the oldest first. */
  readonly recent: readonly RunPoint[];
}

export interface WatermarkView {
  readonly table: string;
  readonly column: string;
  /** Null: the first run has not been yet. */
  readonly value: string | null;
  /** Whole seconds behind the present time; null for numbers. */
  readonly behind_seconds: number | null;
}

export interface TaskDetail {
  readonly instance: Instance;
  readonly task: TaskSummary;
  readonly live: LiveRun | null;
  /** Newest first, backfills among them. */
  readonly runs: readonly PastRun[];
  /** What people did, newest first. */
  readonly events: readonly EventView[];
  /** For the charts: more than `recent`. */
  readonly points: readonly RunPoint[];
}

export interface EventView {
  readonly at: string;
  /** `user@host` */
  readonly actor: string;
  /** A sentence. */
  readonly detail: string;
}

export interface RunDetail {
  readonly instance: Instance;
  readonly run: PastRun;
  /** Null while it is in progress, and where its process died. */
  readonly report: RunReport | null;
  readonly live: LiveRun | null;
  readonly log: LogView | null;
}

/** The end of a run's log. */
export interface LogView {
  readonly text: string;
  /** Bytes of the whole file. */
  readonly bytes: number;
  /** Whether `text` is only the end of it. */
  readonly cut: boolean;
}

/** What the pages ask of the daemon. Each throws TidemarkError STATE_UNUSABLE. */
export interface PageSource {
  instance(): Instance;
  /** Null: the specs folder has not been read yet. */
  overview(): Overview | null;
  /** Null: there is no such task in force. */
  task(name: string): TaskDetail | null;
  /** Null: the history has no run of this id. */
  run(id: string): RunDetail | null;
  /** Null: there is no such run, or its log is gone. @param most bytes of its end. */
  log(id: string, most: number): LogView | null;
  /** Null: the run has none, or it is gone. Throws what the bucket says. */
  manifest(id: string): Promise<string | null>;
}
