/** Whether a task is known: from a spec of the folder, or from earlier runs. */
import type { Config } from '../config/config.ts';
import { TidemarkError } from '../errors.ts';
import { didYouMean } from '../nearest.ts';
import type { StateDatabase } from '../state/database.ts';
import { taskStates } from '../state/task-states.ts';
import { readSpecFolder, type SpecFolder } from './spec-folder.ts';

/** @throws TidemarkError USAGE for a task that neither the folder nor the state knows, with the nearest name. */
export function checkTaskKnown(
  task: string,
  config: Config,
  db: StateDatabase['db'],
  { specs, unusable }: SpecFolder = readSpecFolder(config),
): void {
  const names = [...new Set([...specs.keys(), ...taskStates(db).keys()])];
  if (names.includes(task)) return;
  const hint =
    unusable.length === 0
      ? 'See `tidemark status` for the tasks there are.'
      : `It may be one of the specs that cannot be used: ${unusable.map(({ file }) => file).join(', ')}.`;
  throw new TidemarkError('USAGE', `There is no task "${task}".${didYouMean(task, names)}`, { hint });
}
