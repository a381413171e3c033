/** What metrics tell of the daemon and its tasks beside what is counted as it happens: read anew for each answer. */

export interface Reading {
  /** Whether the specs are read and watched. */
  readonly ready: boolean;
  /** Files of the specs folder that cannot be used as they are. */
  readonly unusable: number;
  /** Runs that wait for their turn. */
  readonly waiting: number;
  readonly maxConcurrentTasks: number;
  /** Mails that the server has not taken yet. */
  readonly mailsWaiting: number;
  /** Names of the config that is in force. */
  readonly sources: readonly string[];
  readonly sinks: readonly string[];
  /** Tasks that run, those whose spec was deleted meanwhile included. */
  readonly running: ReadonlySet<string>;
  /** Tasks in force; null: the specs folder has not been read yet. */
  readonly tasks: readonly TaskReading[] | null;
}

export interface TaskReading {
  readonly task: string;
  /** When the last run that succeeded ended; null: none has. */
  readonly lastSuccess: Date | null;
  /** Whether its slots pass without a run. */
  readonly paused: boolean;
  /** The first slot of the schedule that is not made good by a success; null: no schedule, or paused. */
  readonly due: Date | null;
  /** Null: no schedule, or paused. */
  readonly nextFire: Date | null;
  /** Whether it has no success as recent as its spec promises by `freshness`. */
  readonly stale: boolean;
  /** Failed runs since the last success. */
  readonly failures: number;
  /** How far the watermarks that are times are behind. */
  readonly lags: readonly WatermarkLag[];
}

export interface WatermarkLag {
  readonly table: string;
  readonly seconds: number;
}
