/** Where in a bucket a task writes. Pure. */
import type { Spec } from '../domain/spec.ts';
import { keyPattern, manifestKey } from '../plan/keys.ts';

/**
 * The folders of the task's manifest and objects for a run at this time; a folder inside another one is left out.
 *
 * @param prefix of the sink.
 * @returns parts of keys that end with `/`; the empty one where objects lie in none.
 */
export function foldersOf(spec: Spec, prefix: string, at: Date): string[] {
  const names = spec.customQuery === null ? spec.tables.map(({ name }) => name) : [spec.taskName];
  const keys = names.map((table) =>
    keyPattern({
      prefix,
      template: spec.keyTemplate,
      task: spec.taskName,
      table,
      scheduledFor: at,
      stamp: '0',
      runId: '0',
      extension: '',
      batched: false,
    }),
  );
  const folders = [manifestKey(prefix, spec.taskName, '0'), ...keys].map((key) =>
    key.slice(0, key.lastIndexOf('/') + 1),
  );
  const each = [...new Set(folders)];
  return each.filter((folder) => !each.some((other) => other !== folder && folder.startsWith(other)));
}
