/** The document that `/api/runs` answers with, and what may be asked of it. */
import type { PastRun } from '../domain/run.ts';
import { TidemarkError } from '../errors.ts';

export interface RunQuery {
  /** Null: all tasks. */
  readonly task: string | null;
  readonly limit: number;
}

export interface RunList {
  /** Newest first. */
  readonly runs: readonly PastRun[];
}

const DEFAULT_LIMIT = 50;
const LARGEST_LIMIT = 1000;

/**
 * `?task=employees&limit=10`
 *
 * @throws TidemarkError USAGE for a parameter that there is not, or a limit that is none.
 */
export function runQuery(parameters: URLSearchParams): RunQuery {
  for (const name of parameters.keys()) {
    if (name !== 'task' && name !== 'limit')
      throw new TidemarkError(
        'USAGE',
        `found the parameter ${JSON.stringify(name)}; allowed: task and limit`,
      );
  }
  const limit = parameters.get('limit') ?? String(DEFAULT_LIMIT);
  if (!/^\d{1,4}$/.test(limit) || Number(limit) < 1 || Number(limit) > LARGEST_LIMIT) {
    const found = JSON.stringify(limit);
    throw new TidemarkError('USAGE', `limit: found ${found}; allowed: 1 to ${LARGEST_LIMIT}`);
  }
  return { task: parameters.get('task'), limit: Number(limit) };
}
