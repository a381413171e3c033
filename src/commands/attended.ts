/** What the daemon adds to each of its runs, to those that it has begun and to those that it leads on. */
import type { Spec } from '../domain/spec.ts';
import { TidemarkError } from '../errors.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { RunObserver } from '../ports.ts';
import type { RunOutcome } from '../report.ts';

export interface Attention {
  readonly metrics: Pick<Metrics, 'retried' | 'runEnded'>;
  /** Where two daemons have one state; left out: this one is alone. */
  readonly leadership?:
    | {
        readonly isLost: () => boolean;
        /** A run that is told to stop waits for nothing any more. */
        readonly giveUp: (reason: TidemarkError) => void;
      }
    | undefined;
}

/** @returns how it has ended, RUN_LEFT where the daemon that leads by now ends it: that one counts it, and tells of it. */
export async function attended(
  { metrics, leadership }: Attention,
  { taskName }: Spec,
  observer: RunObserver,
  signal: AbortSignal,
  run: (observer: RunObserver) => Promise<RunOutcome>,
): Promise<RunOutcome> {
  const giveUp = (): void => leadership?.giveUp(signal.reason as TidemarkError);
  signal.addEventListener('abort', giveUp);
  if (signal.aborted) giveUp();
  try {
    const ended = await run({ ...observer, retries: () => metrics.retried(taskName) });
    const outcome = leadership?.isLost() === true ? leftToOther(ended) : ended;
    if (outcome.error?.code !== 'RUN_LEFT') metrics.runEnded(outcome.report);
    return outcome;
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}

/** What failed because this daemon leads no more is finished, undone or made up for by the one that does. */
function leftToOther(outcome: RunOutcome): RunOutcome {
  if (outcome.error === null) return outcome;
  const { message } = outcome.error;
  return { ...outcome, error: new TidemarkError('RUN_LEFT', `Another daemon leads. ${message}`) };
}
