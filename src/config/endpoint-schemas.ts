/** The parts of the config's JSON Schema that describe one source and one sink. See `schema.ts`. */
import { blackoutSchema } from '../spec/blackout.ts';
import { maxLoadSchema, rateLimitSchema } from '../spec/load-schema.ts';

export const port = {
  type: 'integer',
  minimum: 1,
  maximum: 65_535,
  errorMessage: 'Allowed: a port number from 1 to 65535.',
} as const;

export const span = {
  type: 'string',
  errorMessage: 'Allowed: a span of time such as "30 seconds" or "5 minutes".',
} as const;

const DEFAULT_OF_TASKS = 'Of each task that says nothing else.';

export const sourceSchema = {
  title: 'Source',
  description: 'A MySQL or MariaDB database.',
  type: 'object',
  properties: {
    type: {
      title: 'Kind',
      description: '`mysql` for MySQL and for MariaDB.',
      type: 'string',
      enum: ['mysql'],
      default: 'mysql',
    },
    host: { title: 'Host', type: 'string', minLength: 1, default: '127.0.0.1' },
    port: { ...port, title: 'Port', default: 3306 },
    user: {
      title: 'User',
      description: 'Needs SELECT on what is exported, and for watermarks better PROCESS, too.',
      type: 'string',
      examples: ['tidemark'],
    },
    password: { title: 'Password', type: ['string', 'null'], default: '', examples: ['${MYSQL_PASSWORD}'] },
    database: { title: 'Database', type: 'string', minLength: 1, examples: ['hr'] },
    tls: {
      title: 'TLS',
      description:
        '`preferred`: where the server offers it. `required`: or no connection. `verify`: and the certificate must be trusted and name the host.',
      type: 'string',
      enum: ['disabled', 'preferred', 'required', 'verify'],
      default: 'preferred',
    },
    tls_ca: {
      title: 'Certificate authority',
      description: 'PEM file of the authority to trust in place of those of the system.',
      type: ['string', 'null'],
      default: null,
      examples: ['/etc/ssl/private-ca.pem'],
    },
    connect_timeout: {
      ...span,
      title: 'Connect timeout',
      description: 'How long connecting and logging in may take.',
      default: '10 seconds',
    },
    idle_timeout: {
      ...span,
      title: 'Idle timeout',
      description:
        'After so long without a byte the server is asked, over a second connection, whether it still works on the query; if not, or if it cannot be asked, the run fails.',
      default: '5 minutes',
    },
    blackout: {
      ...blackoutSchema,
      description: `${blackoutSchema.description} In the \`timezone\` of the config. ${DEFAULT_OF_TASKS}`,
    },
    max_load: { ...maxLoadSchema, description: `${maxLoadSchema.description} ${DEFAULT_OF_TASKS}` },
    rate_limit_mb_per_s: {
      ...rateLimitSchema,
      description: `${rateLimitSchema.description} ${DEFAULT_OF_TASKS}`,
    },
    max_connections: {
      title: 'Connections',
      description:
        'How many connections all runs of one process may have on this source at the same time. One of them is kept for questions aside, so that one run less reads than this; the others wait, first come, first served. Null: one for each run that there is. See docs/load.md.',
      type: ['integer', 'null'],
      minimum: 2,
      maximum: 1000,
      default: null,
      examples: [4],
      errorMessage: 'Allowed: a whole number from 2 to 1000; one connection is kept for questions aside.',
    },
  },
  required: ['user', 'database'],
  additionalProperties: false,
} as const;

export const sinkSchema = {
  title: 'Sink',
  description: 'A bucket of S3 or of a store that speaks its protocol.',
  type: 'object',
  properties: {
    type: { title: 'Kind', type: 'string', enum: ['s3'], default: 's3' },
    bucket: { title: 'Bucket', type: 'string', minLength: 1, examples: ['exports'] },
    region: { title: 'Region', type: 'string', minLength: 1, default: 'us-east-1', examples: ['eu-west-1'] },
    prefix: {
      title: 'Prefix',
      description: 'Stands before every key as it is: end it with `/` to make it a folder.',
      type: 'string',
      maxLength: 512,
      pattern: '^[^\\u0000-\\u001f\\u007f]*$',
      default: '',
      examples: ['', 'tidemark/'],
      errorMessage: 'Allowed: up to 512 characters, none of them a control character.',
    },
    endpoint: {
      title: 'Endpoint',
      description: 'URL of a store other than AWS.',
      type: ['string', 'null'],
      default: null,
      examples: ['http://127.0.0.1:9000'],
    },
    force_path_style: {
      title: 'Path style',
      description: 'Puts the bucket into the path of the URL, as many stores other than AWS need it.',
      type: 'boolean',
      default: false,
    },
    access_key_id: {
      title: 'Access key id',
      description:
        'Null: credentials come from the default chain (environment, profile, instance or container role).',
      type: ['string', 'null'],
      default: null,
    },
    secret_access_key: { title: 'Secret access key', type: ['string', 'null'], default: null },
    session_token: {
      title: 'Session token',
      description: 'Of temporary credentials.',
      type: ['string', 'null'],
      default: null,
    },
    server_side_encryption: {
      title: 'Encryption',
      description: 'Null: as the bucket has it.',
      enum: ['AES256', 'aws:kms', 'aws:kms:dsse', null],
      default: null,
    },
    kms_key_id: {
      title: 'KMS key',
      description: 'Only with an encryption by KMS. Null: the key of the account.',
      type: ['string', 'null'],
      default: null,
    },
    checksum: {
      title: 'Checksum',
      description: 'What the store checks each part against. `none` for stores that do not know CRC-32.',
      type: 'string',
      enum: ['crc32', 'none'],
      default: 'crc32',
    },
    part_size_mb: {
      title: 'Part size',
      description:
        'Mebibytes (1,048,576 bytes) of one part of an upload. Grows where an object needs more than 10,000 parts.',
      type: 'integer',
      minimum: 5,
      maximum: 512,
      default: 8,
    },
    upload_concurrency: {
      title: 'Concurrent parts',
      description: 'How many parts of an object are sent at the same time.',
      type: 'integer',
      minimum: 1,
      maximum: 64,
      default: 4,
    },
    request_timeout: {
      ...span,
      title: 'Request timeout',
      description: 'A request on which nothing moves for so long is tried again.',
      default: '60 seconds',
    },
  },
  required: ['bucket'],
  additionalProperties: false,
} as const;
