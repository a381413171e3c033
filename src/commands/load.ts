/** Reads config and specs for the commands. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import { loadProcessConfig } from '../config/load.ts';
import { withSourceOverrides } from '../config/source-overrides.ts';
import type { Spec } from '../domain/spec.ts';
import { asTidemarkError, TidemarkError } from '../errors.ts';
import { parseSpec, type KnownNames } from '../spec/parse.ts';
import { specText } from '../spec/text.ts';
import { isSpecFileName } from '../watch/spec-folder.ts';
import type { TaskOptions } from './options.ts';

/**
 * The config with the flags laid over it, and the one spec to work on.
 *
 * @throws TidemarkError CONFIG_INVALID, SPEC_INVALID, SPEC_UNREADABLE, USAGE.
 */
export function loadTask(options: TaskOptions): { config: Config; spec: Spec } {
  const config = loadProcessConfig({
    file: options.config,
    ...(options.batch === undefined ? {} : { overrides: { batch_threshold_mb: options.batch } }),
  });
  const file = options.spec ?? config.default_spec;
  if (file === null)
    throw new TidemarkError('USAGE', 'No spec was named, and the config has no default_spec.');
  const parsed = parseSpec(readSpec(file), file, namesIn(config));
  // A flag beats what the spec says, too.
  const spec =
    options.batch === undefined ? parsed : { ...parsed, batchThresholdMb: config.batch_threshold_mb };
  const { db: database, host, user, password, port } = options;
  return { config: withSourceOverrides(config, spec.source, { database, host, user, password, port }), spec };
}

export function namesIn(config: Config): KnownNames {
  return {
    sources: Object.keys(config.sources),
    sinks: Object.keys(config.sinks),
    hmacKey: config.masking.hmac_key !== null,
  };
}

/** @throws TidemarkError SPEC_UNREADABLE, SPEC_INVALID. */
export function readSpec(file: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw new TidemarkError(
      'SPEC_UNREADABLE',
      `The spec ${file} cannot be read: ${(error as Error).message}`,
      {
        cause: error,
      },
    );
  }
  return specText(bytes, file);
}

/** Specs that can be used, and of every other file why not: SPEC_INVALID (FaultsError) or SPEC_UNREADABLE. */
export function parseSpecs(
  files: readonly string[],
  config: Config,
): {
  readonly specs: readonly Spec[];
  readonly unusable: readonly { readonly file: string; readonly error: TidemarkError }[];
} {
  const known = namesIn(config);
  const specs: Spec[] = [];
  const unusable: { file: string; error: TidemarkError }[] = [];
  for (const file of files) {
    try {
      specs.push(parseSpec(readSpec(file), file, known));
    } catch (thrown) {
      const error = asTidemarkError(thrown);
      if (error.code !== 'SPEC_INVALID' && error.code !== 'SPEC_UNREADABLE') throw error;
      unusable.push({ file, error });
    }
  }
  return { specs, unusable };
}

/** @throws TidemarkError CONFIG_INVALID where the folder cannot be read. */
export function specFiles(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter(isSpecFileName)
      .toSorted()
      .map((name) => join(folder, name));
  } catch (error) {
    throw new TidemarkError(
      'CONFIG_INVALID',
      `specs_dir ${folder} cannot be read: ${(error as Error).message}`,
      {
        hint: 'Make the folder, or correct specs_dir in the config.',
        cause: error,
      },
    );
  }
}
