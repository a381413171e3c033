/**
 * The JSON Schema of the config file: the one place where the settings are written down. The types, the file
 * `config/config.schema.json` for editors, the names of the environment variables and the tables of `docs/config.md`
 * come from it. `errorMessage` says what is allowed, to editors and in the faults of `load.ts`.
 */
import type { FromSchema } from 'json-schema-to-ts';
import { EMAIL, EMAIL_PATTERN } from '../spec/email.ts';
import { port, sinkSchema, sourceSchema, span } from './endpoint-schemas.ts';
import { executorSchema, haSchema } from './executor-schema.ts';
import { httpSchema } from './http-schema.ts';
import { digestSchema, webhookSchema } from './notify-schemas.ts';
import { logRotation, logsRetention } from './log-schemas.ts';

const folder = { type: 'string', minLength: 1 } as const;

export const configSchema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'Tidemark config',
  description:
    'What Tidemark reads from, writes to and runs with. Any text may hold ${ENV_NAME} or ${file:/path}; $${ stands for ${ itself.',
  type: 'object',
  properties: {
    $schema: {
      title: 'Schema',
      description: 'Path of this schema, so that an editor completes and checks the config.',
      type: 'string',
      examples: ['./config.schema.json'],
    },
    sources: {
      title: 'Sources',
      description: 'The databases that specs may name as their `source`.',
      type: 'object',
      additionalProperties: sourceSchema,
      minProperties: 1,
      examples: [{ mysql: { user: 'tidemark', password: '${MYSQL_PASSWORD}', database: 'hr' } }],
      errorMessage: 'Allowed: an object of at least one named source.',
    },
    sinks: {
      title: 'Sinks',
      description: 'The buckets that specs may name as their `sink`.',
      type: 'object',
      additionalProperties: sinkSchema,
      minProperties: 1,
      examples: [{ s3: { bucket: 'exports', region: 'eu-west-1' } }],
      errorMessage: 'Allowed: an object of at least one named sink.',
    },
    smtp: {
      title: 'Mail',
      description: 'The server that sends failure mails. Null: no mails.',
      type: ['object', 'null'],
      properties: {
        host: { title: 'Host', type: 'string', minLength: 1, examples: ['smtp.example.com'] },
        port: { ...port, title: 'Port', default: 587 },
        secure: {
          title: 'Encryption',
          description:
            '`tls`: encrypted from the first byte. `starttls`: encrypted before anything is said, or not at all. `none`: never. `auto`: `tls` on port 465, else STARTTLS where the server offers it.',
          type: 'string',
          enum: ['auto', 'starttls', 'tls', 'none'],
          default: 'auto',
        },
        tls_ca: {
          title: 'Certificate authority',
          description:
            'PEM file of the authority to trust in place of those of the system. Without it, `auto` takes any certificate of a server on the same machine (127.0.0.1, ::1, localhost).',
          type: ['string', 'null'],
          default: null,
          examples: ['/etc/ssl/private-ca.pem'],
        },
        user: { title: 'User', description: 'Null: no login.', type: ['string', 'null'], default: null },
        password: {
          title: 'Password',
          type: ['string', 'null'],
          default: null,
          examples: ['${SMTP_PASSWORD}'],
        },
        from: {
          title: 'Sender',
          description: 'Address the mails come from, alone or as `Name <address>`.',
          type: 'string',
          maxLength: 320,
          pattern: `^(${EMAIL}|[^\\u0000-\\u001f\\u007f<>",;:@]{1,100}<${EMAIL}>)$`,
          examples: ['tidemark@example.com'],
          errorMessage: 'Allowed: one e-mail address, alone or as Name <address>.',
        },
        admin: {
          title: 'Administrator',
          description: 'Address that hears of specs nobody can read and of trouble with Tidemark itself.',
          type: 'string',
          maxLength: 254,
          pattern: EMAIL_PATTERN,
          examples: ['data-platform@example.com'],
          errorMessage: 'Allowed: one e-mail address.',
        },
      },
      required: ['host', 'from', 'admin'],
      additionalProperties: false,
      default: null,
    },
    masking: {
      title: 'Masking',
      description: 'What masks of column transformations need.',
      type: 'object',
      properties: {
        hmac_key: {
          title: 'HMAC key',
          description:
            'Key of the mask `hmac`: a random text that nobody can guess, such as 32 bytes in hexadecimal. Another key gives other values. Null: specs cannot use the mask.',
          type: ['string', 'null'],
          minLength: 1,
          default: null,
          examples: ['${TIDEMARK_HMAC_KEY}'],
        },
      },
      additionalProperties: false,
      default: {},
    },
    notify: {
      title: 'Mails',
      description:
        'How often failures are told, and where besides mail; how what could not be sent is sent later.',
      type: 'object',
      properties: {
        repeat_after: {
          title: 'Repeats',
          description:
            'A task that goes on failing with the same code is mailed about at the first failure, and again when so much time has passed since the last mail. The last one repeats.',
          type: 'array',
          items: span,
          minItems: 1,
          maxItems: 20,
          default: ['1 hour', '6 hours', '1 day'],
          errorMessage: 'Allowed: a list of 1 to 20 spans of time such as ["1 hour", "1 day"].',
        },
        retry_delay: {
          ...span,
          title: 'Delay',
          description:
            'A mail that could not be sent is tried again after at most so long; doubled each time.',
          default: '1 minute',
        },
        retry_delay_max: {
          ...span,
          title: 'Longest delay',
          description: 'The delay does not grow beyond it.',
          default: '1 hour',
        },
        give_up_after: {
          ...span,
          title: 'Giving up',
          description:
            'For so long a mail is tried that the server refuses, such as one to an unknown recipient. One that only waits for the server is kept for 30 days.',
          default: '3 days',
        },
        webhook: webhookSchema,
        digest: digestSchema,
      },
      additionalProperties: false,
      default: {},
    },
    specs_dir: { ...folder, title: 'Specs folder', description: 'Watched for `*.json`.', default: 'specs' },
    state_dir: {
      ...folder,
      title: 'State folder',
      description: 'What Tidemark remembers. Each daemon needs one of its own.',
      default: 'state',
    },
    logs_dir: {
      ...folder,
      title: 'Logs folder',
      description: '`tidemark.log`, and a folder per task with a file per run.',
      default: 'logs',
    },
    transforms_dir: {
      ...folder,
      title: 'Transforms folder',
      description: 'Modules that map rows.',
      default: 'transforms',
    },
    default_spec: {
      ...folder,
      title: 'Default spec',
      description: 'What `tidemark run` runs without `--spec`.',
      default: 'specs/employees.json',
    },
    batch_threshold_mb: {
      title: 'Batch threshold',
      description:
        'Megabytes (1,000,000 bytes) of output. A table estimated above it is exported in batches of at most this size.',
      type: 'number',
      exclusiveMinimum: 0,
      maximum: 5_000_000,
      default: 256,
      errorMessage: 'Allowed: a number greater than 0 and at most 5000000.',
    },
    parallelism: {
      title: 'Parallelism',
      description:
        'How many connections of one task read at the same time, at most, where its spec does not say. Above 1, large tables are cut into ranges of their first split column.',
      type: 'integer',
      minimum: 1,
      maximum: 64,
      default: 1,
      examples: [4],
      errorMessage: 'Allowed: an integer from 1 to 64.',
    },
    executor: executorSchema,
    ha: haSchema,
    memory_limit_mb: {
      title: 'Memory for reading',
      description:
        'Megabytes (1,048,576 bytes) that all connections together may use for rows and parts on their way. Batches of Parquet count twice. Where it is too little for all of them, parts wait first; beyond that there are fewer connections, and batches of other runs wait. One batch is always read.',
      type: 'integer',
      minimum: 64,
      default: 1024,
      errorMessage: 'Allowed: a whole number of at least 64.',
    },
    max_concurrent_tasks: {
      title: 'Concurrent tasks',
      description: 'How many tasks run at the same time. The others wait in line.',
      type: 'integer',
      minimum: 1,
      maximum: 100,
      default: 2,
    },
    timezone: {
      title: 'Time zone',
      description: 'IANA zone of the schedules of specs without a `timezone`.',
      type: 'string',
      default: 'UTC',
      examples: ['UTC', 'Europe/Berlin'],
    },
    shutdown_grace: {
      ...span,
      title: 'Shutdown grace',
      description: 'How long runs in progress may go on after SIGTERM or SIGINT before they are aborted.',
      default: '30 seconds',
    },
    history_retention: {
      type: 'string',
      title: 'History retention',
      description:
        'How long runs stay in the history, calendar months allowed. Of each task, the last run, the last success and the last run that published something stay for ever, and so do the runs of a backfill that has not come to its end.',
      default: '90 days',
      examples: ['90 days', '1 year'],
      errorMessage: 'Allowed: a span of time of at least a day, such as "90 days" or "1 year".',
    },
    logs_retention: logsRetention,
    log_rotation: logRotation,
    watch: {
      title: 'Watching',
      description: 'How the specs folder is watched.',
      type: 'object',
      properties: {
        polling: {
          title: 'Polling',
          description: 'Looks at the folder at intervals. For mounted volumes that do not report changes.',
          type: 'boolean',
          default: false,
        },
        interval: {
          ...span,
          title: 'Interval',
          description: 'How often polling looks.',
          default: '2 seconds',
        },
      },
      additionalProperties: false,
      default: {},
    },
    log_level: {
      title: 'Log level',
      description: 'The least important lines that are still logged.',
      type: 'string',
      enum: ['error', 'warn', 'info', 'debug'],
      default: 'info',
    },
    http: httpSchema,
  },
  required: ['sources', 'sinks'],
  additionalProperties: false,
} as const;

/** The config as the schema accepts it, with defaults filled in. */
export type ConfigDocument = FromSchema<typeof configSchema>;
