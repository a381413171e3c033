/** The part of the spec's JSON Schema that describes column transformations. See `schema.ts`. */
import { CAST_TYPES, FIELD_TYPES } from './value-types.ts';

export const MASKS = ['sha256', 'hmac', 'last4', 'null', 'redact'] as const;

const path = { type: 'string', minLength: 1, maxLength: 1000 } as const;

const field = {
  title: 'JSON field',
  anyOf: [
    path,
    {
      type: 'object',
      properties: {
        path: {
          ...path,
          title: 'Path',
          description: 'Where the value stands in the document, as MySQL writes it.',
          examples: ['$.address.city', '$.lines[0]', '$."a key"'],
        },
        type: {
          title: 'Type',
          description: `What it becomes: ${FIELD_TYPES.join(', ')}. A value that is none of that type is NULL.`,
          type: ['string', 'null'],
          default: 'text',
          examples: ['int', 'decimal(10,2)'],
        },
      },
      required: ['path'],
      additionalProperties: false,
    },
  ],
  errorMessage: 'Allowed: a path such as "$.address.city", or {"path": …, "type": …}.',
} as const;

const columnTransformationSchema = {
  title: 'Column transformation',
  type: 'object',
  properties: {
    sql: {
      title: 'Expression',
      description:
        'SQL in place of the column: one expression over the columns of the row. A name that the table does not have becomes a new column.',
      type: ['string', 'null'],
      maxLength: 10_000,
      default: null,
      examples: ["CONCAT(first_name, ' ', last_name)"],
    },
    json: {
      title: 'JSON fields',
      description:
        'Columns that are read out of a JSON document, in place of it: output name to path, or to `{"path": …, "type": …}`.',
      type: ['object', 'null'],
      additionalProperties: field,
      minProperties: 1,
      default: null,
      examples: [{ city: '$.address.city', zip: { path: '$.address.zip', type: 'int' } }],
      errorMessage:
        'Allowed: an object of at least one output name and its path, {"city": "$.address.city"}.',
    },
    keep: {
      title: 'Keep',
      description: 'Whether the JSON document itself stays, before the columns that are read out of it.',
      type: ['boolean', 'null'],
      default: false,
    },
    cast: {
      title: 'Cast',
      description: `Another type, by MySQL's CAST: ${CAST_TYPES.join(', ')}.`,
      type: ['string', 'null'],
      default: null,
      examples: ['signed', 'decimal(10,2)', 'char(20)'],
    },
    trim: {
      title: 'Trim',
      description: 'Whether spaces at both ends of a text are cut off.',
      type: ['boolean', 'null'],
      default: false,
    },
    default: {
      title: 'Default',
      description: 'What stands in place of NULL.',
      type: ['string', 'number', 'boolean', 'null'],
      default: null,
      examples: ['unknown', 0],
      errorMessage: 'Allowed: a text, a number, true or false.',
    },
    mask: {
      title: 'Mask',
      description:
        'What hides the value: its SHA-256 (`sha256`), its HMAC-SHA-256 with `masking.hmac_key` of the config (`hmac`), all but its last four characters (`last4`), NULL (`null`), or the word REDACTED (`redact`). NULL stays NULL.',
      enum: MASKS,
      errorMessage: `Allowed: ${MASKS.map((mask) => JSON.stringify(mask)).join(', ')}; without a mask, leave it out.`,
    },
    rename: {
      title: 'Rename',
      description: 'Name of the output column.',
      type: ['string', 'null'],
      minLength: 1,
      maxLength: 64,
      default: null,
      examples: ['customer_no'],
      errorMessage: 'Allowed: a name of 1 to 64 characters.',
    },
  },
  additionalProperties: false,
  minProperties: 1,
  errorMessage: 'Allowed: an object of at least one operation, such as {"rename": "customer_no"}.',
} as const;

export const columnTransformationsSchema = {
  title: 'Column transformations',
  description:
    'What becomes of columns: `{"column": {…}}` of every table that has the column, or `{"table.column": {…}}` of one. See docs/transformations.md.',
  type: ['object', 'null'],
  additionalProperties: columnTransformationSchema,
  default: null,
  examples: [{ profile: { json: { city: '$.address.city' } }, 'people.email': { mask: 'sha256' } }],
  errorMessage: 'Allowed: an object of column names and what becomes of them.',
} as const;
