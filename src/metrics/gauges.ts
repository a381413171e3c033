/** What is read for each answer. Series of tasks that are gone are not set again, and so disappear. */
import { Gauge, type Registry } from 'prom-client';
import type { Reading } from './reading.ts';

/** @returns shows a reading in place of the one before. */
export function createGauges(registry: Registry): (reading: Reading) => void {
  const gauge = <L extends string = never>(
    name: string,
    help: string,
    labelNames: readonly L[] = [],
  ): Gauge<L> => new Gauge({ name, help, labelNames, registers: [registry] });

  const ready = gauge('tidemark_ready', '1 where the specs are read and watched, as /readyz says.');
  const tasks = gauge('tidemark_tasks', 'Tasks in force.');
  const unusable = gauge('tidemark_specs_unusable', 'Files of the specs folder that cannot be used.');
  const limit = gauge('tidemark_max_concurrent_tasks', 'How many runs there may be at the same time.');
  const waiting = gauge('tidemark_queue_length', 'Runs that wait for their turn.');
  const mails = gauge('tidemark_mails_waiting', 'Mails that the mail server has not taken yet.');
  const running = gauge('tidemark_running', '1 while the task runs, else 0.', ['task']);
  const paused = gauge('tidemark_paused', '1 while the task is paused, else 0.', ['task']);
  const stale = gauge('tidemark_stale', '1 while the task breaks the freshness of its spec, else 0.', [
    'task',
  ]);
  const lastSuccess = gauge(
    'tidemark_last_success_timestamp_seconds',
    'When the last run that succeeded ended, backfills aside.',
    ['task'],
  );
  const due = gauge(
    'tidemark_success_due_timestamp_seconds',
    'The first time of the schedule that no success has made good.',
    ['task'],
  );
  const nextFire = gauge('tidemark_next_fire_timestamp_seconds', 'When the task runs next.', ['task']);
  const failures = gauge(
    'tidemark_consecutive_failures',
    'Runs that failed since the last success, backfills aside.',
    ['task'],
  );
  const lag = gauge(
    'tidemark_watermark_lag_seconds',
    'How far a watermark that is a time is behind the present.',
    ['task', 'table'],
  );
  const perTask = [running, paused, stale, lastSuccess, due, nextFire, failures, lag];

  return (reading) => {
    for (const one of perTask) one.reset();
    ready.set(Number(reading.ready));
    unusable.set(reading.unusable);
    limit.set(reading.maxConcurrentTasks);
    waiting.set(reading.waiting);
    mails.set(reading.mailsWaiting);
    tasks.set(reading.tasks?.length ?? 0);
    for (const one of reading.tasks ?? []) {
      const { task } = one;
      running.set({ task }, 0);
      paused.set({ task }, Number(one.paused));
      stale.set({ task }, Number(one.stale));
      failures.set({ task }, one.failures);
      if (one.lastSuccess !== null) lastSuccess.set({ task }, seconds(one.lastSuccess));
      if (one.due !== null) due.set({ task }, seconds(one.due));
      if (one.nextFire !== null) nextFire.set({ task }, seconds(one.nextFire));
      for (const { table, seconds: behind } of one.lags) lag.set({ task, table }, behind);
    }
    for (const task of reading.running) running.set({ task }, 1);
  };
}

function seconds(at: Date): number {
  return at.getTime() / 1000;
}
