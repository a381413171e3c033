/** What the log takes from the config. */
import type { Config } from '../config/config.ts';
import type { LogSettings } from '../log.ts';

export function logSettings({ log_level: level, log_rotation }: Config): LogSettings {
  if (log_rotation === null) return { level, rotation: null };
  const { max_bytes, max_age_ms, max_files } = log_rotation;
  return { level, rotation: { maxBytes: max_bytes, maxAgeMs: max_age_ms, maxFiles: max_files } };
}
