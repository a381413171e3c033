/** The specs folder as the commands see it: what can be used, and of every other file what is wrong with it first. */
import type { Config } from '../config/config.ts';
import type { Spec } from '../domain/spec.ts';
import { asTidemarkError, FaultsError, formatFault } from '../errors.ts';
import { parseSpec } from '../spec/parse.ts';
import { duplicateTasks } from '../spec/set.ts';
import { namesIn, readSpec, specFiles } from './load.ts';

export interface SpecFolder {
  /** By task. */
  readonly specs: ReadonlyMap<string, Spec>;
  readonly unusable: readonly { readonly file: string; readonly message: string }[];
}

/** @throws TidemarkError CONFIG_INVALID where the folder cannot be read. */
export function readSpecFolder(config: Config): SpecFolder {
  const known = namesIn(config);
  const parsed: Spec[] = [];
  const unusable: { file: string; message: string }[] = [];
  for (const file of specFiles(config.specs_dir)) {
    try {
      parsed.push(parseSpec(readSpec(file), file, known));
    } catch (thrown) {
      const error = asTidemarkError(thrown);
      if (!(error instanceof FaultsError) && error.code !== 'SPEC_UNREADABLE') throw error;
      const [first] = error instanceof FaultsError ? error.faults : [];
      unusable.push({ file, message: first === undefined ? error.message : formatFault(first) });
    }
  }
  const twice = duplicateTasks(parsed);
  for (const fault of twice) unusable.push({ file: fault.file, message: formatFault(fault) });
  const used = parsed.filter(({ file }) => !twice.some((fault) => fault.file === file));
  return { specs: new Map(used.map((spec) => [spec.taskName, spec])), unusable };
}
