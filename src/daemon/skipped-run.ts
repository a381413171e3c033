/** A slot that was not run, as the run that its task's history shows. */
import type { Spec } from '../domain/spec.ts';
import type { RunRecord, Trigger } from '../domain/run.ts';
import { TidemarkError } from '../errors.ts';
import { identifyRun } from '../planner.ts';
import { beginRun, notBegun, recordOf } from '../report.ts';

/** @param why a sentence. */
export function skippedRun(spec: Spec, trigger: Trigger, why: string, now: Date): RunRecord {
  const state = beginRun(spec.taskName, { ...identifyRun(trigger), startedAt: now, number: 1 });
  const { report } = notBegun(state, new TidemarkError('ALREADY_RUNNING', why));
  return recordOf(state, report, spec.sink);
}
