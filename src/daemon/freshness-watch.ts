/**
 * Watches over the promises of freshness: looks at the state when the daemon starts, when a run ends and when the next
 * task becomes stale, and never sleeps for long, as the clock may be set and other processes run tasks, too.
 */
import type { Circumstances, FreshnessPast, FreshnessPromise, Success } from '../domain/freshness.ts';
import { asTidemarkError } from '../errors.ts';
import type { Log } from '../ports.ts';
import { staleFrom } from '../schedule/freshness.ts';
import type { Clock } from '../schedule/schedule.ts';
import type { SpecSet } from '../watch/spec-set.ts';
import { updatePromises } from './freshness-promises.ts';

/** What is kept of promises, and known of runs. All throw TidemarkError STATE_UNUSABLE. */
export interface FreshnessBook {
  load(): readonly FreshnessPromise[];
  /** All of it or nothing. */
  save(changed: readonly FreshnessPromise[], gone: readonly string[]): void;
  lastSuccess(task: string): Success | null;
  past(task: string): FreshnessPast;
}

/** Who is told. */
export interface FreshnessNews {
  /**
   * The task is stale: said at every look.
   *
   * @returns when it is to be said again; null: whenever.
   */
  stale(promise: FreshnessPromise, since: Date, now: Date, circumstances: () => Circumstances): Date | null;
  /** The task is fresh; said at the first look, and when it has not been before. */
  fresh(promise: FreshnessPromise, success: Success | null): void;
  /** Nothing is promised of these any more. */
  forgotten(tasks: readonly string[]): void;
}

export interface FreshnessOptions {
  readonly clock: Clock;
  readonly book: FreshnessBook;
  readonly news: FreshnessNews;
  /** Whether the specs folder has this file. */
  readonly isThere: (file: string) => boolean;
  /** What the daemon knows of a task besides its runs. */
  readonly circumstances: (promise: FreshnessPromise) => Omit<Circumstances, 'past' | 'daemonSince'>;
  readonly log: Log;
}

export interface FreshnessWatch {
  apply(specs: SpecSet): void;
  /** A run of the task has ended. */
  ended(task: string): void;
  /** Since when the task is stale; null: it is fresh, or nothing is promised. */
  staleSince(task: string): Date | null;
  stop(): void;
}

const LONGEST_SLEEP_MS = 60_000;

export function watchFreshness(options: FreshnessOptions): FreshnessWatch {
  const { clock, book, news, log } = options;
  const daemonSince = clock.now();
  let promises: ReadonlyMap<string, FreshnessPromise> | null = null;
  let doubtful: ReadonlySet<string> = new Set();
  /** By task: since when it is stale, and null of one that is fresh. */
  const standing = new Map<string, Date | null>();
  let cancel = (): void => {};
  let stopped = false;
  let blind = false;

  /** @returns when to look at the task again. */
  const look = (promise: FreshnessPromise, now: Date): Date | null => {
    const { task } = promise;
    const success = book.lastSuccess(task);
    const from = staleFrom(promise, success);
    const before = standing.get(task);
    if (from > now) {
      standing.set(task, null);
      if (before !== null) {
        if (before !== undefined) log.info('task is fresh again', { task });
        news.fresh(promise, success);
      }
      return from;
    }
    standing.set(task, from);
    if (before === undefined || before === null)
      log.warn('task is stale: no run has succeeded for too long', {
        task,
        code: 'NO_RECENT_SUCCESS',
        stale_since: from.toISOString(),
        last_success: success?.finishedAt.toISOString() ?? null,
      });
    const circumstances = (): Circumstances => ({
      ...options.circumstances(promise),
      past: book.past(task),
      daemonSince,
    });
    return news.stale(promise, from, now, circumstances);
  };

  const lookAt = (which: Iterable<FreshnessPromise>): Date | null => {
    const now = clock.now();
    let next: Date | null = null;
    try {
      for (const promise of which) {
        if (doubtful.has(promise.task)) continue;
        const again = look(promise, now);
        if (again !== null && (next === null || again < next)) next = again;
      }
      blind = false;
    } catch (thrown) {
      // The state may be usable again at the next look.
      if (!blind) log.error('it cannot be seen which tasks are stale', { error: asTidemarkError(thrown) });
      blind = true;
    }
    return next;
  };

  const lookAtAll = (): void => {
    cancel();
    if (stopped || promises === null || promises.size === 0) return;
    const next = lookAt(promises.values());
    const sleep = next === null ? LONGEST_SLEEP_MS : next.getTime() - clock.now().getTime();
    cancel = clock.wakeIn(Math.min(Math.max(sleep, 1), LONGEST_SLEEP_MS), lookAtAll);
  };

  return {
    apply(specs) {
      const kept = promises ?? new Map(book.load().map((promise) => [promise.task, promise]));
      const update = updatePromises(specs, kept, options.isThere, clock.now());
      ({ promises, doubtful } = update);
      for (const task of update.gone) standing.delete(task);
      if (update.changed.length > 0 || update.gone.length > 0) {
        try {
          book.save(update.changed, update.gone);
        } catch (thrown) {
          log.warn('it cannot be kept how fresh tasks have to be', { error: asTidemarkError(thrown) });
        }
      }
      if (update.gone.length > 0) news.forgotten(update.gone);
      lookAtAll();
    },
    ended(task) {
      const promise = promises?.get(task);
      // The timer stays: it looks at all of them, and so at what has changed for this one.
      if (promise !== undefined && !stopped) lookAt([promise]);
    },
    staleSince: (task) => standing.get(task) ?? null,
    stop() {
      stopped = true;
      cancel();
    },
  };
}
