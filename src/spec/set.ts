/** What can only be said of a folder of specs, not of one. */
import type { Spec } from '../domain.ts';
import type { Fault } from '../errors.ts';
import { showText } from './show.ts';

/**
 * One fault for each spec whose task name another spec before it in the list already has. It names both files; its
 * place is the beginning of the later one, because a `Spec` keeps no positions.
 */
export function duplicateTasks(specs: readonly Spec[]): Fault[] {
  const firstFiles = new Map<string, string>();
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
