/** The parts of the config's JSON Schema that say how long logs are and stay. See `schema.ts`. */
import { span } from './endpoint-schemas.ts';

export const logsRetention = {
  type: ['string', 'null'],
  title: 'Logs retention',
  description:
    'How long log files stay after they were last written: those of runs, and old ones of `tidemark.log`. Null: as long as `history_retention`.',
  default: null,
  examples: ['30 days'],
  errorMessage: 'Allowed: null, or a span of time of at least a day, such as "30 days".',
} as const;

export const logRotation = {
  title: 'Log rotation',
  description:
    'When `tidemark.log` is renamed to `tidemark_<time>_<pid>.log` and begun anew. Null: never, because something else rotates it.',
  type: ['object', 'null'],
  properties: {
    max_mb: {
      title: 'Size',
      description: 'Megabytes (1,000,000 bytes) after which a new file is begun.',
      type: 'number',
      exclusiveMinimum: 0,
      maximum: 100_000,
      default: 50,
      errorMessage: 'Allowed: a number greater than 0 and at most 100000.',
    },
    max_age: {
      ...span,
      title: 'Age',
      description: 'How old the first line of a file may become.',
      default: '7 days',
    },
    max_files: {
      title: 'Files',
      description: 'How many old files are kept, the newest ones.',
      type: 'integer',
      minimum: 1,
      maximum: 10_000,
      default: 20,
    },
  },
  additionalProperties: false,
  default: {},
} as const;
