/** How much of a server the runs of a task may have: as the spec says, or else its source. */
import type { Config, SourceConfig } from '../config/config.ts';
import type { Spec } from '../domain/spec.ts';
import type { PaceLimits } from '../pace/pace.ts';
import { blackoutEnd } from '../schedule/blackout.ts';
import { timingOf } from '../schedule/reconcile.ts';
import { nextFire } from '../schedule/slots.ts';

export function paceLimits(
  source: Pick<SourceConfig, 'max_load' | 'rate_limit_mb_per_s'>,
  spec: Pick<Spec, 'maxLoad' | 'rateLimitMbPerS'>,
): PaceLimits {
  const rate = spec.rateLimitMbPerS ?? source.rate_limit_mb_per_s ?? 0;
  return { maxLoad: spec.maxLoad ?? source.max_load, bytesPerSecond: rate === 0 ? null : rate * 1e6 };
}

/**
 * When the blackout that a task is in at a moment is over; null: it is in none. The task's own is in the task's zone; its
 * source's is in the config's: a database is busy at the same time for all of them.
 */
export function taskBlackoutEnd(
  config: Pick<Config, 'sources' | 'timezone'>,
  spec: Pick<Spec, 'blackout' | 'source' | 'timezone'>,
  at: Date,
): Date | null {
  if (spec.blackout !== null) return blackoutEnd(spec.blackout, spec.timezone ?? config.timezone, at);
  // A spec may outlive its source in the config; the run then says so.
  const source = Object.hasOwn(config.sources, spec.source) ? config.sources[spec.source] : undefined;
  return blackoutEnd(source?.blackout ?? [], config.timezone, at);
}

/** When a task runs next; null: by hand only. A slot that falls into a blackout runs at its end. */
export function nextRun(
  config: Parameters<typeof taskBlackoutEnd>[0],
  spec: Pick<Spec, 'blackout' | 'source' | 'timezone' | 'schedule'>,
): Date | null {
  const next = nextFire(timingOf(spec, config.timezone));
  return next === null ? null : (taskBlackoutEnd(config, spec, next) ?? next);
}
