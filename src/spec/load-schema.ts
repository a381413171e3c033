/** How much of a server an export may have: fields that a task and a source of the config share. */
import type { FromSchema } from 'json-schema-to-ts';
import type { MaxLoad } from '../domain/spec.ts';
import { durationFault, durationMs } from './duration.ts';

const THREADS = { minimum: 1, maximum: 1_000_000 } as const;

export const maxLoadSchema = {
  title: 'Greatest load',
  description:
    'While the server is busier than this, a run waits: before it begins, and while it reads. What is left out sets no limit. See docs/load.md.',
  type: ['object', 'null'],
  properties: {
    threads_running: {
      ...THREADS,
      title: 'Threads running',
      description:
        'Connections that work on something at the same time, as `SHOW GLOBAL STATUS` counts them in `Threads_running`, those of this process on the source not counted.',
      type: ['integer', 'null'],
      default: null,
      examples: [50],
      errorMessage: 'Allowed: a whole number from 1 to 1000000.',
    },
    replica_lag: {
      title: 'Replica lag',
      description:
        'How far the server, being a replica, may be behind. Needs a privilege: REPLICATION CLIENT, in MariaDB SLAVE MONITOR.',
      type: ['string', 'null'],
      default: null,
      examples: ['30s', '5 minutes'],
      errorMessage: 'Allowed: a span of time such as "30s".',
    },
  },
  additionalProperties: false,
  default: null,
  examples: [{ threads_running: 50, replica_lag: '30s' }],
  errorMessage: 'Allowed: an object such as {"threads_running": 50, "replica_lag": "30s"}.',
} as const;

export const rateLimitSchema = {
  title: 'Rate limit',
  description:
    'Megabytes (1,000,000 bytes) that a run reads from the server in a second, evenly, as they come over the connection. 0: no limit.',
  type: ['number', 'null'],
  minimum: 0,
  maximum: 100_000,
  default: null,
  examples: [5],
  errorMessage: 'Allowed: a number from 0 (no limit) to 100000; at least 0.1 where it is a limit.',
} as const;

type MaxLoadDocument = FromSchema<typeof maxLoadSchema, { keepDefaultedPropertiesOptional: true }>;

const LAG = { example: '30s', longestDays: 24, zero: false };
/** What would take days for a single large row is a slip of the pen. */
const SLOWEST_MB_PER_S = 0.1;

/** What is wrong with a `replica_lag`; null where nothing is. */
export function replicaLagFault(text: string): string | null {
  return durationFault(text, LAG);
}

/** What is wrong with a `rate_limit_mb_per_s` in the range of the schema; null where nothing is. */
export function rateLimitFault(limit: number): string | null {
  if (!(limit > 0) || limit >= SLOWEST_MB_PER_S) return null;
  return `found ${limit}. ${rateLimitSchema.errorMessage}`;
}

/** Of a `max_load` without faults. Null: nothing was said. */
export function maxLoadOf(written: MaxLoadDocument | undefined): MaxLoad | null {
  if (written === null || written === undefined) return null;
  const lag = written.replica_lag ?? null;
  return {
    threadsRunning: written.threads_running ?? null,
    replicaLagMs: lag === null ? null : durationMs(lag),
  };
}
