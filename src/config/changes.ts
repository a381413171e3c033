/** What of a config that was read again can be in force at once, and what only after a restart. Pure. */
import { isDeepStrictEqual } from 'node:util';
import type { Config } from './config.ts';

/** Each part of the config: `now`, with the next run; `restart`, with the next start; `never`, no setting. */
export const IN_FORCE: Readonly<Record<keyof Config, 'now' | 'restart' | 'never'>> = {
  sources: 'now',
  sinks: 'now',
  smtp: 'now',
  notify: 'now',
  masking: 'now',
  transforms_dir: 'now',
  batch_threshold_mb: 'now',
  parallelism: 'now',
  max_concurrent_tasks: 'now',
  memory_limit_mb: 'now',
  timezone: 'now',
  shutdown_grace_ms: 'now',
  history_retention: 'now',
  logs_retention: 'now',
  log_rotation: 'now',
  log_level: 'now',
  specs_dir: 'restart',
  state_dir: 'restart',
  logs_dir: 'restart',
  http: 'restart',
  executor: 'restart',
  ha: 'restart',
  watch: 'restart',
  // Of commands other than the daemon.
  default_spec: 'never',
  file: 'never',
  substituted_secrets: 'never',
};

export interface ConfigChange {
  /** The new config, with what needs a restart as it was. */
  readonly config: Config;
  /** Settings by their names in the file: `sources.mysql`, `timezone`. */
  readonly changed: readonly string[];
  readonly needRestart: readonly string[];
}

export function changeConfig(old: Config, next: Config): ConfigChange {
  const parts = (when: 'now' | 'restart'): (keyof Config)[] =>
    (Object.keys(IN_FORCE) as (keyof Config)[]).filter((part) => IN_FORCE[part] === when);
  const differs = (part: keyof Config): boolean => !isDeepStrictEqual(old[part], next[part]);
  const kept = Object.fromEntries(parts('restart').map((part) => [part, old[part]])) as Partial<Config>;
  return {
    config: { ...next, ...kept },
    changed: parts('now')
      .filter(differs)
      .flatMap((part) => settingsOf(part, old, next)),
    needRestart: parts('restart').filter(differs),
  };
}

function settingsOf(part: keyof Config, old: Config, next: Config): string[] {
  if (part !== 'sources' && part !== 'sinks') return [part.replace(/_ms$/, '')];
  const names = new Set([...Object.keys(old[part]), ...Object.keys(next[part])]);
  return [...names]
    .filter((name) => !isDeepStrictEqual(old[part][name], next[part][name]))
    .map((name) => `${part}.${name}`);
}
