/**
 * A backfill: one run after the other, each for a past window, from where the last attempt at it has stopped. The live
 * watermark is neither read nor moved; live runs of the task go on between the windows.
 */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Spec } from './domain/spec.ts';
import type { RunReport, Trigger } from './domain/run.ts';
import { asTidemarkError, TidemarkError } from './errors.ts';
import { executeRun, type Installation } from './execute.ts';
import { parseClock } from './plan/clock.ts';
import type { PastWindow } from './plan/backfill.ts';
import { identifyRun, makePlan, needsOf } from './planner.ts';
import type { RunObserver } from './ports.ts';
import type { RunOutcome } from './report.ts';

/** How long to wait for a live run of the task before asking again, in milliseconds. */
const BUSY_MS = 1000;

/**
 * @param backfill its id, and where it has come to.
 * @param onEnd hears of each window's run.
 * @returns the last run's outcome where it did not succeed; null: every window is in the bucket.
 * @throws TidemarkError BACKFILL_AHEAD, before anything has run.
 */
export async function runBackfill(
  installation: Installation,
  spec: Spec,
  backfill: { readonly id: string; readonly windows: readonly PastWindow[] },
  observer: RunObserver,
  onEnd: (window: PastWindow, report: RunReport) => void,
  signal: AbortSignal,
): Promise<RunOutcome | null> {
  const last = backfill.windows.at(-1);
  if (last !== undefined) await refuseAhead(installation, spec, { id: backfill.id, ...last }, signal);
  const said = new Set<string>();
  const onWait = (why: string): void => {
    if (said.has(why)) return;
    said.add(why);
    installation.log.info(why, { task: spec.taskName });
  };
  for (const window of backfill.windows) {
    const run = { id: backfill.id, ...window };
    const outcome = await runWindow(installation, spec, run, observer, onWait, signal);
    onEnd(window, outcome.report);
    if (!isDone(outcome.report)) return outcome;
  }
  return null;
}

/** Whether the window is in the bucket: by this run, or by one that died and was only now finished by recovery. */
export function isDone({ error }: RunReport): boolean {
  return error === null || error.code === 'ALREADY_DONE';
}

/**
 * Plans the last window before the first one runs: whoever reaches too far learns it at once, not after hours.
 *
 * @throws TidemarkError BACKFILL_AHEAD. Whatever else is wrong, the first window's run meets too: it has retries, a log,
 * and an owner who is told.
 */
async function refuseAhead(
  installation: Installation,
  spec: Spec,
  window: PastWindow & { readonly id: string },
  signal: AbortSignal,
): Promise<void> {
  const run = identifyRun(triggerOf(window));
  try {
    const { rowTransform } = spec;
    const declared =
      rowTransform === null ? null : await installation.transforms.inspect(rowTransform, signal);
    const memory = installation.runs.memory(spec, run.scheduledFor);
    const settings = { ...installation.settings(spec), declared };
    const snapshot = await installation.source(spec.source).open(signal, needsOf(spec, run));
    try {
      await makePlan(spec, snapshot, run, memory, settings, signal);
    } finally {
      await snapshot.close();
    }
  } catch (error) {
    if (asTidemarkError(error).code === 'BACKFILL_AHEAD') throw error;
  }
}

function triggerOf(window: PastWindow & { readonly id: string }): Trigger {
  const end = parseClock(window.to);
  // Numbers are of no time.
  const scheduledFor = end === null ? new Date() : new Date(Number(end / 1000n));
  return { kind: 'backfill', scheduledFor, until: null, backfill: window };
}

const FOR_LIVE_RUN = 'a live run of the task has its turn; the backfill goes on after it';

/** @param onWait is called when a live run has its turn first, or a blackout has to be over. */
async function runWindow(
  installation: Installation,
  spec: Spec,
  window: PastWindow & { readonly id: string },
  observer: RunObserver,
  onWait: (why: string) => void,
  signal: AbortSignal,
): Promise<RunOutcome> {
  const trigger = triggerOf(window);
  for (;;) {
    while (installation.turns.isAsked(spec.taskName) && !signal.aborted) {
      onWait(FOR_LIVE_RUN);
      await pause(signal);
    }
    await blackoutOver(installation, spec, onWait, signal);
    const outcome = await executeRun(installation, spec, trigger, observer, signal);
    const code = outcome.error?.code;
    if ((code !== 'ALREADY_RUNNING' && code !== 'BLACKOUT') || signal.aborted) return outcome;
    // A live run has the task; it comes to its end.
    if (code === 'ALREADY_RUNNING') onWait(FOR_LIVE_RUN);
    await pause(signal);
  }
}

/** Between windows, a backfill waits until the blackout is over; the clock may be set meanwhile. */
async function blackoutOver(
  { blackoutEnd, ignoreBlackout = false }: Installation,
  spec: Spec,
  onWait: (why: string) => void,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    const end = ignoreBlackout || signal.aborted ? null : blackoutEnd(spec, new Date());
    if (end === null) return;
    onWait(`the backfill goes on when the blackout is over, at ${end.toISOString()}`);
    await pause(signal);
  }
}

function pause(signal: AbortSignal): Promise<void> {
  return sleep(BUSY_MS, undefined, { signal }).catch(() => {});
}

/** The windows that are still to be run. */
export function windowsLeft(windows: readonly PastWindow[], doneUntil: string | null): PastWindow[] {
  if (doneUntil === null) return [...windows];
  const done = windows.findIndex(({ to }) => to === doneUntil);
  return windows.slice(done + 1);
}

/** Of everything in a spec that shapes what a backfill writes: half of it by one spec and half by another is no result. */
export function fingerprintOf(spec: Spec): string {
  const { tables, customQuery, transformations, rowTransform, output, keyTemplate, source, sink } = spec;
  const shape = JSON.stringify({
    tables,
    customQuery,
    transformations,
    rowTransform,
    output,
    keyTemplate,
    source,
    sink,
  });
  return createHash('sha256').update(shape).digest('hex');
}

/** @throws TidemarkError USAGE, where an unfinished backfill was begun with another spec. */
export function checkSameSpec(
  spec: Spec,
  known: { readonly id: string; readonly fingerprint: string },
): void {
  if (known.fingerprint === fingerprintOf(spec)) return;
  throw new TidemarkError(
    'USAGE',
    `Backfill ${known.id} of ${spec.taskName} was begun with another version of the spec.`,
    {
      hint: 'Restore the spec to go on with it, or say --again to begin a new one; the objects of the old one stay.',
    },
  );
}
