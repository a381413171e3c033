/** `tidemark watermark get|set|reset TASK`: reads or changes what an incremental task remembers. */
import { hostname, userInfo } from 'node:os';
import type { Config } from '../config/config.ts';
import { loadProcessConfig } from '../config/load.ts';
import { TidemarkError } from '../errors.ts';
import { BELOW_ALL } from '../plan/watermark.ts';
import type { Settled } from '../ports.ts';
import { recoverTask } from '../recovery.ts';
import { openState, readState, type StateDatabase } from '../state/database.ts';
import { listWatermarks, resetWatermarks, setWatermark, type Deed } from '../state/watermarks.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { besideLeader } from './in-common.ts';
import { openInstallation, openShared } from './installation.ts';
import { checkTaskKnown } from './known-task.ts';
import { knownWatermarks, shownWatermark, type KnownWatermark } from './known-watermarks.ts';
import type { CommonOptions } from './options.ts';
import { printReport } from './print.ts';
import { readSpecFolder } from './spec-folder.ts';
import { shownTime } from './time-text.ts';
import { chosenWatermark, consequence, consequenceOfReset, fittingValue } from './watermark-change.ts';

export interface WatermarkOptions extends CommonOptions {
  readonly table?: string;
}

export async function watermarkGet(task: string, options: WatermarkOptions): Promise<ExitCode> {
  const config = loadProcessConfig({ file: options.config });
  const state = readState(config.state_dir);
  try {
    const known = watermarksOf(task, config, state.db);
    const shown = options.table === undefined ? known : [chosenWatermark(task, known, options.table)];
    printReport(options, { task, watermarks: shown.map(shownWatermark) }, () => describeAll(task, shown));
  } finally {
    state.close();
  }
  return EXIT.done;
}

export async function watermarkSet(
  task: string,
  value: string,
  options: WatermarkOptions,
): Promise<ExitCode> {
  return change(task, options, (db, known, deed) => {
    const chosen = chosenWatermark(task, known, options.table ?? null);
    const { table, column, kept } = chosen;
    if (kept === null && chosen.watermark === null) throw noPlace(task, table);
    const next = fittingValue(chosen, value);
    setWatermark(db, task, { table, column, value: next }, kept?.value ?? null, deed);
    return [{ chosen, value: next, note: consequence(chosen, next) }];
  });
}

export async function watermarkReset(task: string, options: WatermarkOptions): Promise<ExitCode> {
  return change(task, options, (db, known, deed) => {
    const chosen =
      options.table === undefined && known.length > 0
        ? known
        : [chosenWatermark(task, known, options.table ?? null)];
    const kept = chosen.flatMap((one) => one.kept ?? []);
    resetWatermarks(db, task, kept, deed);
    return chosen.map((one) => ({ chosen: one, value: null, note: consequenceOfReset(one) }));
  });
}

interface Changed {
  readonly chosen: KnownWatermark;
  readonly value: string | null;
  readonly note: string;
}

/** Alone on the task, and after what an earlier run has left is cleared: it may move the watermark itself. */
async function change(
  task: string,
  options: WatermarkOptions,
  apply: (db: StateDatabase['db'], known: readonly KnownWatermark[], deed: Deed) => readonly Changed[],
): Promise<ExitCode> {
  const config = loadProcessConfig({ file: options.config });
  return besideLeader(config, (settled) => changeNow(task, config, options, apply, settled));
}

async function changeNow(
  task: string,
  config: Config,
  options: WatermarkOptions,
  apply: (db: StateDatabase['db'], known: readonly KnownWatermark[], deed: Deed) => readonly Changed[],
  settled?: Settled,
): Promise<ExitCode> {
  const installation = openInstallation(config, { shared: openShared(config, settled) });
  const { db, close } = openState(config.state_dir);
  try {
    watermarksOf(task, config, db);
    const lock = installation.lockTask(task);
    try {
      await recoverTask(installation, task);
      installation.unended.close(task);
      const changed = apply(db, watermarksOf(task, config, db), { actor: actor(), at: new Date() });
      // Said to be done when it cannot be undone by a failure of this machine.
      await installation.journal.settled();
      const shown = changed.map(({ chosen, value, note }) => ({
        table: chosen.table,
        column: chosen.column,
        old_value: chosen.kept?.value ?? null,
        value,
        note,
      }));
      printReport(options, { task, watermarks: shown }, () => shown.map(describeChange).join(''));
    } finally {
      lock.release();
    }
  } finally {
    close();
    await installation.close();
  }
  return EXIT.done;
}

/**
 * Of the spec in the folder and of the state.
 *
 * @throws TidemarkError USAGE for a task that neither knows.
 */
function watermarksOf(task: string, config: Config, db: StateDatabase['db']): KnownWatermark[] {
  const folder = readSpecFolder(config);
  const spec = folder.specs.get(task) ?? null;
  const kept = listWatermarks(db, task);
  if (spec === null && kept.length === 0) checkTaskKnown(task, config, db, folder);
  return knownWatermarks(spec, kept);
}

function noPlace(task: string, table: string): TidemarkError {
  return new TidemarkError('USAGE', `Task ${task} has no spec that names a watermark of ${table}.`);
}

function actor(): string {
  return `${userName()}@${hostname()}`;
}

/** In a container the user may have a number and no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}

function describeAll(task: string, known: readonly KnownWatermark[]): string {
  if (known.length === 0) return `Task ${task} has no watermark.\n`;
  return known
    .map(({ table, column, watermark, kept }) => {
      if (kept === null)
        return `${table}.${column}: none yet; the first run begins at ${watermark?.initial?.text ?? 'the beginning'}\n`;
      const value = kept.value === BELOW_ALL ? 'no value yet' : kept.value;
      const by = kept.runId === null ? 'by hand' : `by run ${kept.runId}`;
      return `${table}.${kept.column} = ${value}, ${by}, ${shownTime(kept.updatedAt, true)} UTC\n`;
    })
    .join('');
}

function describeChange({
  table,
  column,
  old_value,
  value,
  note,
}: {
  readonly table: string;
  readonly column: string;
  readonly old_value: string | null;
  readonly value: string | null;
  readonly note: string;
}): string {
  const was = old_value === null ? 'there was none' : `it was ${old_value}`;
  const now = value === null ? 'is forgotten' : `is ${value}`;
  return `${table}.${column} ${now}; ${was}.\n${note}\n`;
}
