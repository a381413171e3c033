/** The part of the spec's JSON Schema that describes a watermark, of a table and of a custom query. */

export const DEFAULT_LAG = '1 minute';

const lag = {
  title: 'Lag',
  description:
    'How far behind the server’s clock a run stops reading, so that rows that are committed late still lie ahead of the next run. At most 366 days; 0 for none.',
  type: ['string', 'number', 'null'],
  default: DEFAULT_LAG,
  examples: ['1 minute', '15 minutes', 0],
  errorMessage: 'Allowed: a span of time such as "1 minute", or 0.',
} as const;

const mode = { title: 'Mode', enum: ['watermark'] } as const;

export const tableWatermarkSchema = {
  title: 'Watermark',
  description: 'Each run reads on where the last success ended.',
  type: 'object',
  properties: {
    mode: { ...mode, description: 'Always `"watermark"`.', examples: ['watermark'] },
    initial: {
      title: 'Beginning',
      description:
        'Where the first run begins: only rows beyond it. A date or time as the column has it (of a TIMESTAMP in UTC), or a whole number. Without it the first run reads all rows.',
      type: ['string', 'number', 'null'],
      default: null,
      examples: ['2024-01-01', '2024-01-01 00:00:00', 100_000],
      errorMessage: 'Allowed: a date or time such as "2024-01-01 00:00:00", or a whole number.',
    },
    lag,
    null_watermark: {
      title: 'NULL in the column',
      description: 'Which runs read the rows whose watermark column is NULL.',
      enum: ['first_run', 'always', 'never', null],
      default: 'first_run',
    },
    timezone: {
      title: 'Time zone',
      description:
        'IANA zone in which DATETIME and DATE values are written. Default: the zone of the server. TIMESTAMP columns and whole numbers need none.',
      type: ['string', 'null'],
      default: null,
      examples: ['UTC', 'Europe/Berlin'],
    },
  },
  required: ['mode'],
  additionalProperties: false,
} as const;

export const queryWatermarkSchema = {
  title: 'Watermark of the query',
  description: 'What `:from` and `:to` are, where the query uses them.',
  type: ['object', 'null'],
  properties: {
    mode: { ...mode, description: 'Only `"watermark"`.', enum: ['watermark', null], default: 'watermark' },
    initial: {
      title: 'Beginning',
      description:
        'What `:from` is in the first run: a date or time in the zone below. Default: `1000-01-01 00:00:00`.',
      type: ['string', 'number', 'null'],
      default: null,
      examples: ['2024-01-01', '2024-01-01 00:00:00'],
      errorMessage: 'Allowed: a date or time such as "2024-01-01 00:00:00".',
    },
    lag,
    timezone: {
      title: 'Time zone',
      description:
        'IANA zone in which `:from` and `:to` are written. `UTC` is right for TIMESTAMP columns; for DATETIME columns name the zone they are written in.',
      type: ['string', 'null'],
      default: 'UTC',
      examples: ['UTC', 'Europe/Berlin'],
    },
  },
  additionalProperties: false,
  default: null,
} as const;
