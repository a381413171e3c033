/** Runs that an earlier daemon has begun, and that this one leads on beside its own. */
import type { Spec } from '../domain/spec.ts';
import type { Trigger } from '../domain/run.ts';
import { TidemarkError } from '../errors.ts';
import type { RunObserver } from '../ports.ts';
import type { RunOutcome } from '../report.ts';
import type { LiveRuns } from './live-runs.ts';

/** Leads a run on, and tells of its end as of any other. Never rejects. */
export type LeadOn = (
  spec: Spec,
  trigger: Trigger,
  run: (observer: RunObserver, signal: AbortSignal) => Promise<RunOutcome>,
) => Promise<void>;

export interface LedRuns {
  readonly leadOn: LeadOn;
  /** Leaves them to the next daemon. Settles when none is left here. */
  stop(): Promise<void>;
}

export interface LedRunsOptions {
  readonly during: LiveRuns['during'];
  /** Gives each of them a place among those that may run. @returns gives it back. */
  readonly makeRoom: () => () => void;
  readonly onEnd: (spec: Spec, outcome: RunOutcome) => void;
  /** See DaemonOptions. */
  readonly leave: () => void;
}

export function ledRuns({ during, makeRoom, onEnd, leave }: LedRunsOptions): LedRuns {
  const running = new Set<Promise<void>>();
  const stopping = new AbortController();
  return {
    leadOn(spec, trigger, run) {
      const giveBack = makeRoom();
      const led = during(spec, trigger, (observer) => run(observer, stopping.signal))
        .finally(giveBack)
        .then((outcome) => onEnd(spec, outcome));
      running.add(led);
      return led.finally(() => running.delete(led));
    },
    async stop() {
      // What can be left is left; nothing is being read for the others.
      leave();
      stopping.abort(new TidemarkError('INTERRUPTED', 'Tidemark was asked to stop'));
      await Promise.allSettled(running);
    },
  };
}
