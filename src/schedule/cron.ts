/**
 * One cron timer, on node-cron. Slots are whole seconds: the time a fire stands for, not the time of the callback.
 * Overlap is the queue's business, so node-cron's own `noOverlap` stays off: its callback returns at once.
 */
import { createTask, schedule as startTask, type ScheduledTask } from 'node-cron';
import type { Log } from '../ports.ts';
import type { Timing } from './reconcile.ts';

/**
 * How late a slot may still run when the process was busy or stopped; a later one is missed. Of several slots that
 * passed meanwhile, only the last can run.
 */
export const LATE_TOLERANCE_MS = 60_000;

export interface CronHandlers {
  readonly fire: (slot: Date) => void;
  /** The slot passed while the process could not run it. */
  readonly missed: (slot: Date) => void;
}

export interface CronTimer {
  readonly timing: Timing;
  /** The next slot; null where the expression has none. */
  next(): Date | null;
  /** Starts over from the clock as it is now. Slots that it has jumped over are neither run nor reported. */
  restart(): void;
  stop(): void;
}

/** Starts a timer. The expression and zone are valid: the spec's parser has seen to that. */
export function startCron(timing: Timing, handlers: CronHandlers, log: Log): CronTimer {
  const task: ScheduledTask = startTask(timing.schedule, (context) => handlers.fire(context.date), {
    timezone: timing.timezone,
    missedExecutionTolerance: LATE_TOLERANCE_MS,
    logger: nodeCronLog(log),
  });
  task.on('execution:missed', (context) => handlers.missed(context.date));
  // Working the next slot out takes a tenth of a millisecond, so it is done for who asks and kept until it has passed.
  let next: Date | null = null;

  return {
    timing,
    next: () => {
      if (next === null || next.getTime() <= Date.now()) next = task.getNextRun();
      return next;
    },
    restart: () => {
      next = null;
      void task.stop();
      void task.start();
    },
    stop: () => void task.destroy(),
  };
}

/** The first slot after now; null where there is none, or the task runs by hand only. */
export function nextFire(timing: Timing | null): Date | null {
  if (timing === null) return null;
  const task = createTask(timing.schedule, () => undefined, { timezone: timing.timezone });
  try {
    return task.getNextRuns(1)[0] ?? null;
  } finally {
    void task.destroy();
  }
}

/** node-cron speaks up only when a callback throws or a timer fails. */
function nodeCronLog(log: Log): NonNullable<Parameters<typeof startTask>[2]>['logger'] & object {
  const text = (message: string | Error, error?: Error): string =>
    message instanceof Error
      ? (message.stack ?? message.message)
      : `${message}${error ? `: ${error.stack}` : ''}`;
  return {
    debug: (message) => log.debug(text(message)),
    info: (message) => log.info(message),
    warn: (message) => log.warn(message),
    error: (message, error) => log.error(text(message, error)),
  };
}
