/**
 * Who runs and who waits. Pure: every function returns the next state.
 * A task never runs twice at once, at most `max` tasks run, and whoever waits is started first come, first served.
 * A task has one place: a fire that finds its task running or waiting is refused.
 */
import type { Trigger } from '../domain/run.ts';

export interface Place {
  readonly task: string;
  readonly trigger: Trigger;
}

export interface Queue {
  readonly max: number;
  readonly running: ReadonlyMap<string, Place>;
  /** In the order in which they are started. */
  readonly waiting: ReadonlyMap<string, Place>;
}

export function emptyQueue(max: number): Queue {
  return { max, running: new Map(), waiting: new Map() };
}

/** A task asks to run. `start`: it may run now. */
export function offer(
  queue: Queue,
  place: Place,
): { readonly queue: Queue; readonly outcome: 'start' | 'wait' | 'already running' | 'already waiting' } {
  if (queue.running.has(place.task)) return { queue, outcome: 'already running' };
  if (queue.waiting.has(place.task)) return { queue, outcome: 'already waiting' };
  if (queue.running.size < queue.max) {
    return { queue: { ...queue, running: new Map(queue.running).set(place.task, place) }, outcome: 'start' };
  }
  return { queue: { ...queue, waiting: new Map(queue.waiting).set(place.task, place) }, outcome: 'wait' };
}

/** Lets so many run from now on. Whoever runs already goes on. `start`: they may run now. */
export function resize(
  queue: Queue,
  max: number,
): { readonly queue: Queue; readonly start: readonly Place[] } {
  const start = [...queue.waiting.values()].slice(0, Math.max(0, max - queue.running.size));
  const running = new Map(queue.running);
  const waiting = new Map(queue.waiting);
  for (const place of start) {
    waiting.delete(place.task);
    running.set(place.task, place);
  }
  return { queue: { max, running, waiting }, start };
}

/** A run has ended. `start`: who runs next; null where nobody waits. */
export function release(queue: Queue, task: string): { readonly queue: Queue; readonly start: Place | null } {
  const running = new Map(queue.running);
  if (!running.delete(task)) throw new Error(`task ${task} is not running`);
  const [next] = queue.waiting.values();
  // Where fewer may run than before, those who wait go on waiting.
  if (next === undefined || running.size >= queue.max) return { queue: { ...queue, running }, start: null };
  const waiting = new Map(queue.waiting);
  waiting.delete(next.task);
  return { queue: { ...queue, running: running.set(next.task, next), waiting }, start: next };
}

/** Takes tasks off the waiting list: those that `gone` names. */
export function drop(
  queue: Queue,
  gone: (task: string) => boolean,
): { readonly queue: Queue; readonly dropped: readonly Place[] } {
  const dropped = [...queue.waiting.values()].filter((place) => gone(place.task));
  if (dropped.length === 0) return { queue, dropped };
  const waiting = new Map([...queue.waiting].filter(([task]) => !gone(task)));
  return { queue: { ...queue, waiting }, dropped };
}
