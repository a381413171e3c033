/** Where the module of a spec is. Nothing outside of `transforms_dir` is loaded, whatever links lead there. */
import { readdirSync, realpathSync, statSync } from 'node:fs';
import { join, sep } from 'node:path';
import { TidemarkError } from '../errors.ts';
import { didYouMean } from '../nearest.ts';

/**
 * @param folder absolute path of `transforms_dir`.
 * @param module path inside it.
 * @returns the absolute path of the file, links resolved.
 * @throws TidemarkError TRANSFORM_INVALID.
 */
export function findModule(folder: string, module: string): string {
  const root = resolved(folder);
  if (root === null) throw invalid(`transforms_dir ${folder} cannot be read, so ${module} is not in it.`);
  const file = resolved(join(root, module));
  if (file === null) throw invalid(`transforms_dir ${folder} has no ${module}.${meant(root, module)}`);
  if (!file.startsWith(`${root}${sep}`))
    throw invalid(`${module} is a link that leads out of transforms_dir ${folder}, to ${file}.`);
  if (!statSync(file).isFile()) throw invalid(`${module} in transforms_dir ${folder} is not a file.`);
  return file;
}

function resolved(path: string): string | null {
  try {
    return realpathSync(path);
  } catch {
    return null;
  }
}

function meant(root: string, module: string): string {
  try {
    return didYouMean(module, readdirSync(root));
  } catch {
    return '';
  }
}

function invalid(message: string): TidemarkError {
  return new TidemarkError('TRANSFORM_INVALID', message);
}
