/** `tidemark status`: every task with schedule, next fire and last result. The daemon need not run. */
import { styleText } from 'node:util';
import type { Config } from '../config/config.ts';
import { secretsOf } from '../config/config.ts';
import { loadProcessConfig } from '../config/load.ts';
import { createRedactor } from '../redact.ts';
import { readState } from '../state/database.ts';
import { keptPromises, lastSuccesses } from '../state/freshness.ts';
import { daemonLockPath, lockedBy, taskLockPath } from '../state/lock.ts';
import { pausedTasks } from '../state/pauses.ts';
import { taskStates } from '../state/task-states.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { taskBlackoutEnd } from './load-limits.ts';
import type { CommonOptions } from './options.ts';
import { printReport } from './print.ts';
import { redactPast } from './redact-past.ts';
import { readSpecFolder } from './spec-folder.ts';
import { statusDocument, type StatusDocument } from './status-document.ts';
import { statusText } from './status-text.ts';

export interface StatusOptions extends CommonOptions {
  /** The exit code tells whether somebody is needed. */
  readonly exitCode?: boolean;
}

/** Exit code 0 also where tasks fail, as it reports; with `--exit-code`, 1 where they do. */
export async function statusCommand(options: StatusOptions): Promise<ExitCode> {
  const config = loadProcessConfig({ file: options.config });
  const now = new Date();
  const document = readStatus(config, now);
  const { stdout } = process;
  printReport(options, document, () =>
    statusText(document, {
      width: stdout.isTTY ? stdout.columns : null,
      // Colours only where the terminal has them and NO_COLOR is not set.
      paint: (colour, text) => styleText(colour, text, { stream: stdout }),
      now,
    }),
  );
  return options.exitCode === true && needsSomebody(document) ? EXIT.failed : EXIT.done;
}

/** Whether a task fails or is stale, or a spec cannot be used. */
export function needsSomebody({ tasks, unusable }: StatusDocument): boolean {
  if (unusable.length > 0) return true;
  return tasks.some(
    ({ file, failures, stale_since: stale }) => stale !== null || (file !== null && failures > 0),
  );
}

function readStatus(config: Config, now: Date): StatusDocument {
  const redact = createRedactor(secretsOf(config));
  const folder = readSpecFolder(config);
  const state = readState(config.state_dir);
  try {
    const document = statusDocument({
      folder,
      states: taskStates(state.db),
      paused: pausedTasks(state.db),
      timezone: config.timezone,
      blackoutEnd: (spec, at) => taskBlackoutEnd(config, spec, at),
      daemon: lockedBy(daemonLockPath(config.state_dir)),
      isHeld: (task) => lockedBy(taskLockPath(config.state_dir, task)) !== null,
      promises: new Map(keptPromises(state.db).map((promise) => [promise.task, promise])),
      lastSuccess: lastSuccesses(state.db),
      now,
    });
    const tasks = document.tasks.map(({ last_run, ...task }) => ({
      ...task,
      last_run: last_run === null ? null : redactPast(last_run, redact),
    }));
    return { ...document, tasks };
  } finally {
    state.close();
  }
}
