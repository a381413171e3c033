/** What runs right now and how far it has come, for whoever wants to see it. Kept in memory, as long as it runs. */
import type { Spec } from '../domain/spec.ts';
import type { Plan } from '../domain/plan.ts';
import type { Trigger } from '../domain/run.ts';
import type { LiveRun } from '../http/live-run.ts';
import type { LiveFeed } from '../http/live-routes.ts';
import type { RunObserver } from '../ports.ts';
import type { RunOutcome } from '../report.ts';

export interface LiveRuns extends LiveFeed {
  /** Runs something under an observer of its own, and shows it for as long as that takes. */
  during(
    spec: Spec,
    trigger: Trigger,
    run: (observer: RunObserver) => Promise<RunOutcome>,
  ): Promise<RunOutcome>;
  /** Tells whoever listens that runs, specs or pauses have changed. */
  changed(): void;
}

interface Watched {
  readonly task: string;
  readonly trigger: Trigger;
  readonly startedAt: Date;
  plan: Plan | null;
  /** Counted up by the run as it goes. */
  progress: { readonly rows: number; readonly bytes: number; readonly files: number };
}

const NOTHING_YET = { rows: 0, bytes: 0, files: 0 };

/** Who listens also hears of a run that begins or has made its plan; of its end, the caller tells once all is noted. */
export function liveRuns(): LiveRuns {
  const running = new Set<Watched>();
  const listeners = new Set<() => void>();
  const began = Date.now();
  let changes = 0;
  const changed = (): void => {
    changes++;
    for (const listener of listeners) listener();
  };
  return {
    async during({ taskName }, trigger, run) {
      const one: Watched = {
        task: taskName,
        trigger,
        startedAt: new Date(),
        plan: null,
        progress: NOTHING_YET,
      };
      running.add(one);
      changed();
      try {
        return await run({
          planned(plan) {
            one.plan = plan;
            changed();
          },
          progress: (progress) => void (one.progress = progress),
        });
      } finally {
        running.delete(one);
      }
    },
    running: () => [...running].map(liveRun),
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    changed,
    version: () => `${began}-${changes}`,
  };
}

function liveRun({ task, trigger, startedAt, plan, progress }: Watched): LiveRun {
  const estimates = plan?.exports.map(({ estimate }) => estimate.rows) ?? [];
  const known = estimates.filter((rows) => rows !== null);
  return {
    task,
    run_id: plan?.runId ?? null,
    kind: trigger.kind,
    scheduled_for: trigger.scheduledFor.toISOString(),
    started_at: startedAt.toISOString(),
    phase: plan === null ? 'preparing' : 'reading',
    rows: progress.rows,
    bytes: progress.bytes,
    files: progress.files,
    estimated_rows:
      known.length === 0 || known.length < estimates.length ? null : known.reduce((a, b) => a + b, 0),
  };
}
