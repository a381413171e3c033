/** The specs folder as the commands see it: what can be used, and of every other file what is wrong with it first. */
import type { Config } from '../config/config.ts';
import type { Spec } from '../domain/spec.ts';
import { FaultsError, formatFault } from '../errors.ts';
import { duplicateTasks } from '../spec/set.ts';
import { parseSpecs, specFiles } from './load.ts';

export interface SpecFolder {
  /** By task. */
  readonly specs: ReadonlyMap<string, Spec>;
  readonly unusable: readonly { readonly file: string; readonly message: string }[];
}

/** @throws TidemarkError CONFIG_INVALID where the folder cannot be read. */
export function readSpecFolder(config: Config): SpecFolder {
  const { specs, unusable } = parseSpecs(specFiles(config.specs_dir), config);
  const faulty = unusable.map(({ file, error }) => {
    const [first] = error instanceof FaultsError ? error.faults : [];
    return { file, message: first === undefined ? error.message : formatFault(first) };
  });
  const twice = duplicateTasks(specs);
  const others = twice.map((fault) => ({ file: fault.file, message: formatFault(fault) }));
  const used = specs.filter(({ file }) => !twice.some((fault) => fault.file === file));
  return { specs: new Map(used.map((spec) => [spec.taskName, spec])), unusable: [...faulty, ...others] };
}
