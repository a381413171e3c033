/** What a schema cannot say of how much of a server an export may have; the same for a task and for a source. */
import { blackoutFault, wholeDayFault } from './blackout.ts';
import type { Segment } from './json-document.ts';
import { rateLimitFault, replicaLagFault } from './load-schema.ts';

/** @param fields of a spec or a source, of any shape: what has the wrong type, the schema reports. */
export function loadFaults(
  fields: Readonly<Record<string, unknown>>,
): { readonly path: readonly Segment[]; readonly message: string }[] {
  const { max_load: load, rate_limit_mb_per_s: rate, blackout } = fields;
  const lag = typeof load === 'object' ? (load as Record<string, unknown> | null)?.['replica_lag'] : null;
  const windows = isTexts(blackout) ? blackout : [];
  const ofWindows = windows.map(blackoutFault);
  const faults = [
    { path: ['max_load', 'replica_lag'], message: typeof lag === 'string' ? replicaLagFault(lag) : null },
    { path: ['rate_limit_mb_per_s'], message: typeof rate === 'number' ? rateLimitFault(rate) : null },
    ...ofWindows.map((message, index) => ({ path: ['blackout', index], message })),
    {
      path: ['blackout'],
      message: ofWindows.every((message) => message === null) ? wholeDayFault(windows) : null,
    },
  ];
  return faults.flatMap(({ path, message }) => (message === null ? [] : [{ path, message }]));
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
