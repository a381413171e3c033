/** What the state and the logs keep of the past, without secrets, and for how long. */
import type { Config } from '../config/config.ts';
import type { PastRun } from '../domain/run.ts';
import { removeOldLogs } from '../log-retention.ts';
import type { Log } from '../ports.ts';
import { spanBefore } from '../spec/span.ts';
import type { StateDatabase } from '../state/database.ts';
import { listRuns } from '../state/history.ts';
import { pruneHistory } from '../state/prune.ts';
import { lastRuns } from '../state/task-states.ts';
import { redactPast } from './redact-past.ts';

export interface History {
  /** The last result of each task. */
  lastRuns(): Map<string, PastRun>;
  /** Newest first. */
  runs(query: { readonly task: string | null; readonly limit: number }): { readonly runs: PastRun[] };
  /** Removes what is older than `history_retention`. */
  prune(signal: AbortSignal): Promise<void>;
  /** Removes log files that are older than `logs_retention`; throws what kept it from some of them. */
  pruneLogs(signal: AbortSignal): Promise<void>;
}

export function historyOf(
  db: StateDatabase['db'],
  config: Config,
  redact: (text: string) => string,
  log: Log,
): History {
  return {
    lastRuns() {
      const runs = [...lastRuns(db)];
      return new Map(runs.map(([task, run]) => [task, redactPast(run, redact)]));
    },
    runs: (query) => ({
      runs: listRuns(db, { ...query, since: null }).map((run) => redactPast(run, redact)),
    }),
    async prune(signal) {
      const before = spanBefore(config.history_retention, new Date());
      const removed = await pruneHistory(db, before, signal);
      if (removed.runs > 0 || removed.events > 0)
        log.info('old runs removed from the history', { ...removed, before: before.toISOString() });
    },
    async pruneLogs(signal) {
      const before = spanBefore(config.logs_retention, new Date());
      const files = await removeOldLogs(config.logs_dir, before, signal);
      if (files > 0) log.info('old log files removed', { files, before: before.toISOString() });
    },
  };
}
