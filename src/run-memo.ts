/** What a run keeps of itself, so that another process can lead it on. Plain data without secrets. */
import type { Plan } from './domain/plan.ts';
import type { Spec } from './domain/spec.ts';
import type { RunAttempt } from './report.ts';

export interface RunMemo {
  readonly spec: Spec;
  readonly run: RunAttempt;
  readonly plan: Plan;
  /** Those of the plan. */
  readonly warnings: readonly string[];
  /** When the run's timeout is over; null: it has none. */
  readonly deadline: Date | null;
}

export function memoOf(
  spec: Spec,
  run: RunAttempt,
  plan: Plan,
  warnings: readonly string[],
  deadline: Date | null,
): RunMemo {
  return { spec, run, plan, warnings: [...warnings], deadline };
}

/** @param memo as it has come through JSON, which has no times. It is of the same release as this program. */
export function readMemo(memo: unknown): RunMemo {
  const { run, deadline, ...rest } = memo as RunMemo;
  const time = (text: unknown): Date => new Date(String(text));
  return {
    ...rest,
    run: {
      ...run,
      scheduledFor: time(run.scheduledFor),
      startedAt: time(run.startedAt),
      until: run.until === null ? null : time(run.until),
    },
    deadline: deadline === null ? null : time(deadline),
  };
}
