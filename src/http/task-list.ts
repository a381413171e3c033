/** The document that `/api/tasks` answers with: every task in force, and the files that are none. Plain data. */
import type { PastRun, Pause } from '../domain/run.ts';

export interface TaskView {
  readonly task: string;
  readonly file: string;
  readonly schedule: string | null;
  readonly timezone: string;
  /** ISO 8601 UTC; null where the task runs by hand only, or is paused. */
  readonly next_fire: string | null;
  readonly running: boolean;
  /** Its time has come, and it waits until fewer than `max_concurrent_tasks` run. */
  readonly waiting: boolean;
  /** Its slots pass without a run until it is resumed; null: it is not paused. */
  readonly paused: Pause | null;
  /** The last run that succeeded or failed, backfills aside; null: none has. */
  readonly last_run: PastRun | null;
  /** Since when the last success is older than `freshness` of the spec allows; null: it is not, or may be. */
  readonly stale_since: string | null;
  /** Why the file as it stands is not used, and an older version is; null: the file is in force. */
  readonly invalid_edit: string | null;
}

export interface TaskList {
  readonly tasks: readonly TaskView[];
  /** Spec files of which no version is in force. */
  readonly unusable: readonly { readonly file: string; readonly message: string }[];
}
