/** The JSON Schema of where batches are read: in the daemon itself, or by workers that a queue brings them to. */
import { span } from './endpoint-schemas.ts';

export const executorSchema = {
  title: 'Executor',
  description:
    'Who reads: threads of the process of the run, or `tidemark worker` on any number of machines. See docs/scaling.md.',
  type: 'object',
  properties: {
    type: {
      title: 'Kind',
      description:
        '`embedded`: in threads of the process of the run; nothing else is needed. `bullmq`: by workers, through a queue in Redis or Valkey.',
      type: 'string',
      enum: ['embedded', 'bullmq'],
      default: 'embedded',
    },
    url: {
      title: 'URL',
      description:
        'Of the Redis or Valkey server of `bullmq`: `redis://[user:password@]host[:port][/database]`, or `rediss://…` for TLS. It is kept out of logs and messages.',
      type: ['string', 'null'],
      minLength: 1,
      default: null,
      examples: ['${REDIS_URL}'],
    },
    tls_ca: {
      title: 'Certificate authority',
      description: 'PEM file of the authority to trust in place of those of the system, for `rediss://`.',
      type: ['string', 'null'],
      default: null,
      examples: ['/etc/ssl/private-ca.pem'],
    },
    prefix: {
      title: 'Prefix',
      description:
        'Begins every key in Redis. Daemon and workers need the same one; installations that share a server need one each.',
      type: 'string',
      pattern: '^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$',
      default: 'tidemark',
      errorMessage: 'Allowed: 1 to 64 letters, digits, dots, hyphens and underscores.',
    },
    lost_after: {
      ...span,
      title: 'Loss',
      description:
        'A worker, or a run, of which nothing has been heard for so long is lost: its batches are read elsewhere.',
      default: '15 seconds',
    },
    worker_wait: {
      ...span,
      title: 'Wait for workers',
      description: 'How long a run waits for a first worker with room before its attempt fails.',
      default: '1 minute',
    },
    concurrency: {
      title: 'Concurrency',
      description:
        'Batches that one `tidemark worker` reads at a time, each over a connection of its own. Null: one for each processor.',
      type: ['integer', 'null'],
      minimum: 1,
      maximum: 256,
      default: null,
      errorMessage: 'Allowed: a whole number from 1 to 256, or null.',
    },
  },
  additionalProperties: false,
  default: {},
} as const;

export const haSchema = {
  title: 'High availability',
  description:
    'Two daemons, on two machines, with one state: one runs tasks, the other takes over when it ends. Needs an `executor` of type "bullmq", by whose Redis they share the state; see docs/scaling.md.',
  type: 'boolean',
  default: false,
} as const;
