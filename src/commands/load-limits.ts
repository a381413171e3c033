/** How much of a server the runs of a task may have: as the spec says, or else its source. */
import type { SourceConfig } from '../config/config.ts';
import type { Spec } from '../domain/spec.ts';
import type { PaceLimits } from '../pace/pace.ts';

export function paceLimits(
  source: Pick<SourceConfig, 'max_load' | 'rate_limit_mb_per_s'>,
  spec: Pick<Spec, 'maxLoad' | 'rateLimitMbPerS'>,
): PaceLimits {
  const rate = spec.rateLimitMbPerS ?? source.rate_limit_mb_per_s ?? 0;
  return { maxLoad: spec.maxLoad ?? source.max_load, bytesPerSecond: rate === 0 ? null : rate * 1e6 };
}
