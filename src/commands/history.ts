/** `tidemark history`: runs of the past and what people did, newest first; `--run ID` shows one run whole. */
import type { Config } from '../config/config.ts';
import { secretsOf } from '../config/config.ts';
import { loadProcessConfig } from '../config/load.ts';
import type { PastRun, RunReport } from '../domain/run.ts';
import { TidemarkError } from '../errors.ts';
import { createRedactor } from '../redact.ts';
import { redactReport } from '../report.ts';
import { parseSpan, spanBefore } from '../spec/span.ts';
import { readState } from '../state/database.ts';
import { findRun, listEvents, listRuns, type PastEvent } from '../state/history.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { historyText, runText } from './history-text.ts';
import { checkTaskKnown } from './known-task.ts';
import type { CommonOptions } from './options.ts';
import { printReport } from './print.ts';
import { redactPast } from './redact-past.ts';

export interface HistoryOptions extends CommonOptions {
  readonly limit?: string;
  readonly since?: string;
  readonly run?: string;
}

/** Both newest first. */
export interface HistoryDocument {
  readonly runs: readonly PastRun[];
  readonly events: readonly PastEvent[];
}

/** One run: what status shows of it, and its report with SQL and files, where it has left one. */
export interface RunDocument {
  readonly run: PastRun;
  readonly report: RunReport | null;
}

const DEFAULT_LIMIT = 20;
const LARGEST_LIMIT = 100_000;

export async function historyCommand(task: string | undefined, options: HistoryOptions): Promise<ExitCode> {
  const config = loadProcessConfig({ file: options.config });
  const width = process.stdout.isTTY ? process.stdout.columns : null;
  if (options.run === undefined) {
    const document = readHistory(config, task ?? null, options);
    printReport(options, document, () => historyText(document, { task: task ?? null, width }));
  } else {
    const document = readRun(config, options.run);
    printReport(options, document, () => runText(document));
  }
  return EXIT.done;
}

function readHistory(config: Config, task: string | null, options: HistoryOptions): HistoryDocument {
  const query = {
    task,
    limit: readLimit(options.limit),
    since: options.since === undefined ? null : readSince(options.since, new Date()),
  };
  const redact = createRedactor(secretsOf(config));
  const state = readState(config.state_dir);
  try {
    const runs = listRuns(state.db, query).map((run) => redactPast(run, redact));
    const events = listEvents(state.db, query);
    if (task !== null && runs.length === 0 && events.length === 0) checkTaskKnown(task, config, state.db);
    return { runs, events };
  } finally {
    state.close();
  }
}

function readRun(config: Config, runId: string): RunDocument {
  const redact = createRedactor(secretsOf(config));
  const state = readState(config.state_dir);
  try {
    const found = findRun(state.db, runId);
    if (found === null)
      throw new TidemarkError('USAGE', `--run: found "${runId}"; the history has no run of this id.`, {
        hint: 'See `tidemark history --json` for the ids; old runs are removed after `history_retention`.',
      });
    const { run, report } = found;
    return { run: redactPast(run, redact), report: report === null ? null : redactReport(report, redact) };
  } finally {
    state.close();
  }
}

function readLimit(text = String(DEFAULT_LIMIT)): number {
  const limit = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= LARGEST_LIMIT) return limit;
  throw new TidemarkError(
    'USAGE',
    `--limit: found "${text}"; a number from 1 to ${LARGEST_LIMIT} is allowed.`,
  );
}

const TIME = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d)?)?$/;

/** A span back from now, or a time; without an offset, in UTC like all times that are shown. */
export function readSince(text: string, now: Date): Date {
  const span = parseSpan(text);
  if (span !== null) return spanBefore(span, now);
  if (TIME.test(text)) {
    const zoned = /(?:Z|[+-]\d\d:\d\d)$/.test(text) || text.length === 10;
    const time = new Date(`${text.replace(' ', 'T')}${zoned ? '' : 'Z'}`);
    if (!Number.isNaN(time.getTime())) return time;
  }
  throw new TidemarkError(
    'USAGE',
    `--since: found "${text}"; a time such as 2026-01-31 or "2026-01-31 03:00" (UTC), or a span such as "2 days" is allowed.`,
  );
}
