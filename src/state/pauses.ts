/** Tasks that somebody has paused, and what else people did to a task: who and when stand in its history. */
import type { DatabaseSync } from 'node:sqlite';
import type { Pause } from '../domain/run.ts';
import { consulted, durably } from './database.ts';
import { recordEvent } from './history.ts';
import type { Deed } from './watermarks.ts';

/**
 * By task.
 *
 * @throws TidemarkError STATE_UNUSABLE.
 */
export function pausedTasks(db: DatabaseSync): Map<string, Pause> {
  return consulted('the pauses', () => {
    const rows = db.prepare('SELECT task, since, actor FROM pause').all();
    return new Map(
      rows.map((row) => [
        row['task'] as string,
        { since: row['since'] as string, actor: row['actor'] as string },
      ]),
    );
  });
}

/**
 * From now on the task's slots pass without a run, until it is resumed. One that is paused stays as it is.
 *
 * @throws TidemarkError STATE_UNUSABLE.
 */
export function pauseTask(db: DatabaseSync, task: string, { actor, at }: Deed): void {
  durably(db, 'the pause', () => {
    const { changes } = db
      .prepare('INSERT OR IGNORE INTO pause (task, since, actor) VALUES (?, ?, ?)')
      .run(task, at.toISOString(), actor);
    if (changes === 0) return;
    recordEvent(db, { task, at: at.toISOString(), actor, action: 'task_paused', detail: 'task paused' });
  });
}

/** The next slot runs again. @throws TidemarkError STATE_UNUSABLE. */
export function resumeTask(db: DatabaseSync, task: string, { actor, at }: Deed): void {
  durably(db, 'the end of the pause', () => {
    const { changes } = db.prepare('DELETE FROM pause WHERE task = ?').run(task);
    if (changes === 0) return;
    recordEvent(db, { task, at: at.toISOString(), actor, action: 'task_resumed', detail: 'task resumed' });
  });
}

/**
 * Somebody asks for a run.
 *
 * @param slot whose run is tried again; null: a run of its own.
 * @throws TidemarkError STATE_UNUSABLE.
 */
export function noteRunAsked(db: DatabaseSync, task: string, slot: Date | null, { actor, at }: Deed): void {
  const [action, detail] =
    slot === null
      ? ['run_asked', 'run asked for']
      : ['retry_asked', `run for ${slot.toISOString()} asked for once more`];
  durably(db, 'who asked for the run', () =>
    recordEvent(db, { task, at: at.toISOString(), actor, action, detail }),
  );
}
