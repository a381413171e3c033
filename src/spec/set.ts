/** What can only be said of a folder of specs, not of one. */
import type { Spec } from '../domain/spec.ts';
import type { Fault } from '../errors.ts';
import { showText } from './show.ts';

/** Which file has which task. */
type Named = Pick<Spec, 'taskName' | 'file'>;

/**
 * One fault for each spec whose task name another spec before it in the list already has, or a file beside the list.
 * It names both files; its place is the beginning of the one at fault, because a `Spec` keeps no positions.
 */
export function duplicateTasks(specs: readonly Named[], others: readonly Named[] = []): Fault[] {
  const firstFiles = new Map(others.map(({ taskName, file }) => [taskName, file]));
  const faults: Fault[] = [];
  for (const { taskName, file } of specs) {
    const first = firstFiles.get(taskName);
    if (first === undefined) {
      firstFiles.set(taskName, file);
      continue;
    }
    const message = `found ${showText(taskName, 128)}, which ${first} already uses. Allowed: each task name once in the folder. Rename one of the two tasks.`;
    faults.push({ file, line: 1, column: 1, path: 'task_name', message });
  }
  return faults;
}

/** The task that a text names, valid spec or not; null where it names none. A hundred times quicker than parsing. */
export function taskNameIn(text: string): string | null {
  let document: unknown;
  try {
    document = JSON.parse(text.replace(/^\ufeff/, ''));
  } catch {
    return null; // No JSON names no task.
  }
  if (typeof document !== 'object' || document === null) return null;
  const name: unknown = (document as Record<string, unknown>)['task_name'];
  return typeof name === 'string' ? name : null;
}
