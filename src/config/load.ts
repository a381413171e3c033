/**
 * Reads the config: flags beat environment, environment beats the file, the file beats the defaults of the schema.
 * Every fault is reported at once, with the line of the file or the name of the variable to correct.
 */
import type { ValidateFunction } from 'ajv';
import { readFileSync } from 'node:fs';
import { cwd, env as processEnvironment } from 'node:process';
import { FaultsError } from '../errors.ts';
import type { Fault } from '../errors.ts';
import { readJson } from '../spec/json-document.ts';
import { showText } from '../spec/show.ts';
import { compileSchema, fault, schemaFaults, tidyFaults } from '../spec/schema-faults.ts';
import { checkConfig } from './checks.ts';
import type { Config } from './config.ts';
import { layConfig } from './layers.ts';
import { normaliseConfig } from './normalise.ts';
import type { ConfigDocument } from './schema.ts';
import { configSchema } from './schema.ts';

const DEFAULT_CONFIG_FILE = 'config/config.json';

export interface LoadOptions {
  /** The file that `--config` names; left out, TIDEMARK_CONFIG or the default. */
  readonly file?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Settings from the command line by dotted path, such as `batch_threshold_mb`. */
  readonly overrides?: Readonly<Record<string, string>> | undefined;
}

let validate: ValidateFunction | null = null;

/**
 * Loads the config.
 *
 * @throws FaultsError CONFIG_INVALID with every fault of file, environment and overrides.
 */
export function loadConfig({ file: named, env, overrides = {} }: LoadOptions): Config {
  const file = named ?? (env['TIDEMARK_CONFIG'] || DEFAULT_CONFIG_FILE);
  const reading = readJson(readConfigFile(file), file);
  if (reading.document === null) throw new FaultsError('CONFIG_INVALID', tidyFaults(reading.faults));

  const { value, places, faults: layerFaults, secrets } = layConfig(reading.document, env, overrides);
  const faults: Fault[] = [];
  checkConfig(value, (path, message) => {
    // What `${…}` stands for may be a secret in the wrong place.
    const text = path.reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], value);
    const shown =
      typeof text === 'string' ? message.replace(showText(text), () => places.describe(path)) : message;
    faults.push(fault(places, path, 'value', shown));
  });
  validate ??= compileSchema(configSchema, true);
  if (!validate(value)) faults.push(...schemaFaults(validate.errors ?? [], places, value));

  // A `${…}` that could not be replaced is one fault, not also a value that does not fit.
  const isNew = ({ path }: Fault): boolean => !layerFaults.some((known) => known.path === path);
  const all = [...layerFaults, ...faults.filter(isNew)];
  if (all.length > 0) throw new FaultsError('CONFIG_INVALID', tidyFaults(all));
  return normaliseConfig(value as ConfigDocument, { file, cwd: cwd(), secrets });
}

/** `loadConfig` with the environment of this process: the one place where that is read. */
export function loadProcessConfig(options: Omit<LoadOptions, 'env'>): Config {
  return loadConfig({ ...options, env: processEnvironment });
}

function readConfigFile(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    const found = code === 'ENOENT' ? 'there is no such file' : `the file cannot be read (${code})`;
    const message = `${found}. ${code === 'ENOENT' ? HOW_TO_MAKE_ONE : 'Correct its permissions.'}`;
    throw new FaultsError('CONFIG_INVALID', [{ file, line: 1, column: 1, path: '', message }]);
  }
}

const HOW_TO_MAKE_ONE = `Make one with at least a source and a sink, name another with --config FILE or TIDEMARK_CONFIG, and see docs/config.md:
{ "sources": { "mysql": { "host": "127.0.0.1", "user": "tidemark", "password": "\${MYSQL_PASSWORD}", "database": "hr" } },
  "sinks": { "s3": { "bucket": "exports", "region": "eu-west-1" } } }`;
