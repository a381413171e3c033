/** What the daemon says of a change in the specs folder: to the log, and to those who wrote a spec it cannot use. */
import type { Spec } from '../domain/spec.ts';
import { FaultsError } from '../errors.ts';
import type { Log } from '../ports.ts';
import { specsInForce, type SpecDiff, type SpecSet } from '../watch/spec-set.ts';

export interface InvalidSpec {
  readonly file: string;
  /** The version that stays scheduled; null where there is none. */
  readonly lastGood: Spec | null;
  readonly error: FaultsError;
}

/** The specs of a rescan that cannot be used. A task name that is taken is a fault like any other. */
export function invalidSpecs(diff: SpecDiff): readonly InvalidSpec[] {
  const taken = diff.duplicates.map(({ spec, heldBy, lastGood }) => ({
    file: spec.file,
    lastGood,
    error: new FaultsError('SPEC_INVALID', [duplicateFault(spec, heldBy)]),
  }));
  return [...diff.invalid, ...taken];
}

/** What is wrong with a spec whose task name another file holds. */
export function duplicateFault(spec: Spec, heldBy: string): FaultsError['faults'][number] {
  const message = `found ${JSON.stringify(spec.taskName)}, which ${heldBy} has already; a name of its own is needed`;
  return { file: spec.file, line: 1, column: 1, path: 'task_name', message };
}

/** One line for the first scan; afterwards one for each task or file that changed. */
export function logSpecChanges(log: Log, first: boolean, set: SpecSet, diff: SpecDiff): void {
  if (first) {
    const specs = [...specsInForce(set).values()];
    const scheduled = specs.filter((spec) => spec.schedule !== null).length;
    log.info('specs read', { tasks: specs.length, scheduled });
  } else {
    for (const { taskName, file, schedule } of diff.added)
      log.info('task added', { task: taskName, file, schedule });
  }
  for (const { taskName, file, schedule } of diff.changed)
    log.info('task changed', { task: taskName, file, schedule });
  for (const { taskName, file } of diff.removed) log.info('task removed', { task: taskName, file });
  for (const file of diff.repaired) log.info('spec is valid again', { file });
  for (const { file, lastGood, error } of invalidSpecs(diff)) {
    const stays =
      lastGood === null ? 'nothing is scheduled from it' : 'its last good version stays scheduled';
    log.error(`spec cannot be used; ${stays}`, { task: lastGood?.taskName, file, error });
  }
}
