/** `tidemark run`: one run now, in the foreground. */
import { executeRun, UNOBSERVED } from '../execute.ts';
import type { Spec } from '../domain/spec.ts';
import type { RunReport, Trigger } from '../domain/run.ts';
import type { Config } from '../config/config.ts';
import { countOf } from '../notify/phrases.ts';
import type { Settled } from '../ports.ts';
import { redactReport } from '../report.ts';
import { EXIT, exitCodeOf, type ExitCode } from './exit-codes.ts';
import { besideLeader } from './in-common.ts';
import { openInstallation, openShared, type LiveInstallation } from './installation.ts';
import { abortOnSignal } from './interrupt.ts';
import { nextRun } from './load-limits.ts';
import { loadTask } from './load.ts';
import { mailWithoutState } from './mails.ts';
import type { BlackoutOptions, TaskOptions } from './options.ts';
import { printReport } from './print.ts';
import { progressBar } from './progress.ts';

export interface RunOptions extends TaskOptions, BlackoutOptions {
  readonly verify?: 'count';
  readonly acceptSchemaChange?: boolean;
}

export async function runCommand(options: RunOptions): Promise<ExitCode> {
  const { config, spec } = loadTask(options);
  return besideLeader(config, (settled) => runNow(config, spec, options, settled));
}

async function runNow(
  config: Config,
  written: Spec,
  options: RunOptions,
  settled?: Settled,
): Promise<ExitCode> {
  const accepts = options.acceptSchemaChange === true && written.onSchemaChange === 'fail';
  const spec: Spec = accepts ? { ...written, onSchemaChange: 'warn' } : written;
  const bar = process.stderr.isTTY && options.json !== true ? progressBar(process.stderr) : null;
  const trigger = { kind: 'manual', scheduledFor: new Date(), until: null, backfill: null } as const;
  const installation = await openForRun(config, spec, trigger, bar?.stderr, settled);
  const abort = abortOnSignal();
  try {
    const { report, error, logTail } = await executeRun(
      {
        ...installation,
        verifyCount: options.verify === 'count',
        ignoreBlackout: options.ignoreBlackout === true,
      },
      spec,
      trigger,
      bar?.observer ?? UNOBSERVED,
      abort.signal,
    );
    bar?.stop();
    const shown = redactReport(report, installation.redact);
    printReport(options, shown, () => summary(shown));
    // Whoever interrupts a run by hand knows of it.
    const interrupted = report.error?.code === 'INTERRUPTED';
    if (!interrupted)
      installation.notifier?.runFinished(spec, report, {
        nextFire: nextRun(config, spec),
        logTail,
        sql: error?.sql,
      });
    return report.error === null ? EXIT.done : exitCodeOf(report.error.code);
  } finally {
    bar?.stop();
    abort.release();
    await installation.close();
  }
}

/** Where there is no state to run with, the owner hears of it as of any other failure. */
async function openForRun(
  config: Config,
  spec: Spec,
  trigger: Trigger,
  stderr: NodeJS.WritableStream | undefined,
  settled: Settled | undefined,
): Promise<LiveInstallation> {
  try {
    return openInstallation(config, { stderr, shared: openShared(config, settled) });
  } catch (error) {
    await mailWithoutState(config, spec, trigger, error);
    throw error;
  }
}

function summary(report: RunReport): string {
  const seconds = (report.duration_ms / 1000).toFixed(1);
  if (report.error !== null) {
    const { code, message, hint } = report.error;
    if (report.status === 'skipped') return `${report.task} was not run: ${code}\n${message}\n${hint}\n`;
    const published = code === 'PUBLISH_INCOMPLETE' ? '' : 'Nothing was published.\n';
    return `${report.task} failed after ${seconds} s: ${code}\n${message}\n${hint}\n${published}`;
  }
  const rows = report.tables.reduce((sum, table) => sum + table.rows, 0);
  const lines = [
    `${report.task}: ${countOf(rows, 'row')} in ${countOf(report.files.length, 'object')}, ${seconds} s`,
  ];
  for (const { key, rows: count, bytes } of report.files) {
    lines.push(`  ${key}  ${countOf(count, 'row')}, ${countOf(bytes, 'byte')}`);
  }
  if (report.manifest !== null) lines.push(`  ${report.manifest}`);
  for (const warning of report.warnings) lines.push(`warning: ${warning}`);
  return `${lines.join('\n')}\n`;
}
