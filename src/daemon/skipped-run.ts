/** A slot that was not run, as the run that its task's history shows. */
import type { Spec } from '../domain/spec.ts';
import type { RunRecord, Trigger } from '../domain/run.ts';
import { TidemarkError } from '../errors.ts';
import { identifyRun } from '../planner.ts';
import type { Log } from '../ports.ts';
import { beginRun, notBegun, recordOf } from '../report.ts';

/** @param why a sentence, or the error that says it. */
export function skippedRun(spec: Spec, trigger: Trigger, why: string | TidemarkError, now: Date): RunRecord {
  const state = beginRun(spec.taskName, { ...identifyRun(trigger), startedAt: now, number: 1 });
  const { report } = notBegun(
    state,
    typeof why === 'string' ? new TidemarkError('ALREADY_RUNNING', why) : why,
  );
  return recordOf(state, report, spec.sink);
}

/** Who asked for a run sees in its history why there was none. */
export function recordRefusal(
  { recordSkip, log }: { readonly recordSkip: (record: RunRecord) => void; readonly log: Log },
  spec: Spec,
  trigger: Trigger,
  error: TidemarkError | null,
): void {
  try {
    recordSkip(skippedRun(spec, trigger, error ?? 'It could not begin.', new Date()));
  } catch (thrown) {
    log.error('a run that could not begin could not be recorded', { task: spec.taskName, error: thrown });
  }
}
