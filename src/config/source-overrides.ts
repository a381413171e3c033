/** The flags of `tidemark run` that stand in for settings of one source. */
import { TidemarkError } from '../errors.ts';
import { didYouMean } from '../nearest.ts';
import type { Config } from './config.ts';

/** As they stand on the command line. */
export interface SourceFlags {
  readonly database?: string | undefined;
  readonly host?: string | undefined;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly port?: string | number | undefined;
}

/**
 * The config with some settings of one source replaced.
 *
 * @throws TidemarkError USAGE for a source that the config does not have, or a flag that does not fit.
 */
export function withSourceOverrides(config: Config, sourceName: string, flags: SourceFlags): Config {
  const source = Object.hasOwn(config.sources, sourceName) ? config.sources[sourceName] : undefined;
  if (source === undefined) {
    const names = Object.keys(config.sources);
    const message = `the config has no source "${sourceName}".${didYouMean(sourceName, names)} Allowed: ${names.join(', ')}.`;
    throw new TidemarkError('USAGE', message);
  }
  const changed = {
    ...source,
    database: nonEmpty(flags.database, '--db') ?? source.database,
    host: nonEmpty(flags.host, '--host') ?? source.host,
    user: flags.user ?? source.user,
    password: flags.password ?? source.password,
    port: flags.port === undefined ? source.port : portNumber(String(flags.port)),
  };
  return { ...config, sources: { ...config.sources, [sourceName]: changed } };
}

function nonEmpty(text: string | undefined, flag: string): string | undefined {
  if (text === '') throw new TidemarkError('USAGE', `${flag}: found an empty text; a name is allowed.`);
  return text;
}

function portNumber(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= 65_535) return port;
  throw new TidemarkError('USAGE', `--port: found "${text}"; a number from 1 to 65535 is allowed.`);
}
