/** `tidemark backfill`: runs past windows without moving the live watermark. */
import { checkSameSpec, fingerprintOf, isDone, runBackfill, windowsLeft } from '../backfill.ts';
import type { Spec } from '../domain/spec.ts';
import type { RunReport } from '../domain/run.ts';
import { UNOBSERVED } from '../execute.ts';
import type { Config } from '../config/config.ts';
import { countOf } from '../notify/phrases.ts';
import { canonicalStep, checkIncremental, cutWindows, type PastWindow } from '../plan/backfill.ts';
import { stampOf } from '../plan/keys.ts';
import type { Settled } from '../ports.ts';
import { redactReport } from '../report.ts';
import type { Backfill } from '../state/backfills.ts';
import { EXIT, exitCodeOf, type ExitCode } from './exit-codes.ts';
import { besideLeader } from './in-common.ts';
import { openInstallation, openShared, type LiveInstallation } from './installation.ts';
import { abortOnSignal } from './interrupt.ts';
import { loadTask } from './load.ts';
import type { BlackoutOptions, TaskOptions } from './options.ts';
import { print, printReport } from './print.ts';
import { progressBar } from './progress.ts';

export interface BackfillOptions extends TaskOptions, BlackoutOptions {
  readonly from: string;
  readonly to: string;
  readonly every?: string;
  readonly again?: boolean;
}

export async function backfillCommand(options: BackfillOptions): Promise<ExitCode> {
  const { config, spec } = loadTask(options);
  checkIncremental(spec);
  const windows = cutWindows(options.from, options.to, options.every ?? null);
  return besideLeader(config, (settled) => backfillNow(config, spec, windows, options, settled));
}

async function backfillNow(
  config: Config,
  spec: Spec,
  windows: readonly PastWindow[],
  options: BackfillOptions,
  settled?: Settled,
): Promise<ExitCode> {
  const bar = process.stderr.isTTY && options.json !== true ? progressBar(process.stderr) : null;
  const installation = openInstallation(config, { stderr: bar?.stderr, shared: openShared(config, settled) });
  const abort = abortOnSignal();
  try {
    const lock = installation.backfills.lock(spec.taskName);
    try {
      const backfill = backfillFor(installation, spec, windows, options);
      const left = windowsLeft(windows, backfill.doneUntil);
      const reports: RunReport[] = [];
      const failed = await runBackfill(
        { ...installation, ignoreBlackout: options.ignoreBlackout === true },
        spec,
        { id: backfill.id, windows: left },
        bar?.observer ?? UNOBSERVED,
        (window, report) => {
          reports.push(redactReport(report, installation.redact));
          if (options.json !== true) print(line(window, report));
        },
        abort.signal,
      );
      bar?.stop();
      const done = reports.filter(isDone).length;
      printReport(options, document(backfill, windows, left.length - done, reports), () =>
        summary(backfill, windows.length, left.length, done),
      );
      if (failed === null) {
        const last = reports.at(-1);
        if (last !== undefined)
          installation.notifier?.runFinished(spec, last, { nextFire: null, logTail: [] });
        return EXIT.done;
      }
      const { report, error, logTail } = failed;
      // Who typed the command reads it here; the owner could do nothing about either.
      if (error?.code !== 'INTERRUPTED' && error?.code !== 'BACKFILL_AHEAD')
        installation.notifier?.runFinished(spec, report, { nextFire: null, logTail, sql: error?.sql });
      return exitCodeOf(error?.code ?? 'INTERNAL');
    } finally {
      lock.release();
    }
  } finally {
    bar?.stop();
    abort.release();
    await installation.close();
  }
}

/** The backfill to go on with, or a new one. */
function backfillFor(
  { backfills }: LiveInstallation,
  spec: Spec,
  windows: readonly PastWindow[],
  { every = null, again = false }: { readonly every?: string | null; readonly again?: boolean },
): Backfill {
  const stretch = {
    task: spec.taskName,
    from: windows[0]!.from,
    to: windows.at(-1)!.to,
    every: canonicalStep(every),
  };
  const known = again ? null : backfills.find(stretch);
  if (known === null)
    return backfills.add(stampOf(new Date()), { ...stretch, fingerprint: fingerprintOf(spec) });
  if (known.doneUntil !== stretch.to) checkSameSpec(spec, known);
  return known;
}

function line({ from, to }: PastWindow, report: RunReport): string {
  const rows = report.tables.reduce((sum, table) => sum + table.rows, 0);
  const seconds = (report.duration_ms / 1000).toFixed(1);
  if (report.error === null)
    return `(${from}, ${to}]  ${countOf(rows, 'row')} in ${countOf(report.files.length, 'object')}, ${seconds} s\n`;
  const { code, message, hint } = report.error;
  if (isDone(report)) return `(${from}, ${to}]  is in the bucket already: ${message}\n`;
  return `(${from}, ${to}]  failed after ${seconds} s: ${code}\n${message}\n${hint}\n`;
}

function summary(backfill: Backfill, windows: number, left: number, done: number): string {
  const { id, task } = backfill;
  if (left === 0)
    return `Backfill ${id} of ${task} is done already: all of its ${countOf(windows, 'window')} ${windows === 1 ? 'is' : 'are'} in the bucket. To run them again, as new objects: --again\n`;
  const before = windows - left;
  const resumed = before > 0 ? `, ${before} by earlier commands` : '';
  const rest = left - done;
  const next = rest > 0 ? ' The same command goes on from here.' : '';
  return `Backfill ${id} of ${task}: ${before + done} of ${countOf(windows, 'window')} ${before + done === 1 ? 'is' : 'are'} in the bucket${resumed}.${next}\n`;
}

function document(
  backfill: Backfill,
  windows: readonly PastWindow[],
  remaining: number,
  runs: readonly RunReport[],
): object {
  const { task, id, from, to, every } = backfill;
  return { task, backfill: id, from, to, every, windows: windows.length, remaining, runs };
}
