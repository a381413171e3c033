/** The part of the spec's JSON Schema that describes one table. See `schema.ts`. */
import { CONDITIONS, CONDITION_PATTERN } from './filter-conditions.ts';
import { tableWatermarkSchema } from './watermark-schema.ts';

const identifier = { type: 'string', minLength: 1, maxLength: 64 } as const;

const filter = {
  title: 'Filter',
  type: 'object',
  properties: {
    condition: {
      title: 'Condition',
      description: 'How the column is compared, in any case.',
      type: 'string',
      pattern: CONDITION_PATTERN,
      examples: CONDITIONS,
      suggestions: CONDITIONS,
      errorMessage: `Allowed: ${CONDITIONS.join(', ')}.`,
    },
    metric: {
      title: 'Value',
      description:
        'What the column is compared with: a text, a number or true/false; a list for `in` and `not in`; a list of two for `between`; nothing for `is null` and `is not null`. Always escaped, never pasted into the SQL.',
      type: ['string', 'number', 'boolean', 'array', 'null'],
      items: {
        type: ['string', 'number', 'boolean', 'null'],
        errorMessage: 'Allowed: a text, a number, true or false.',
      },
      examples: [103, '2024-01-01', ['AD_VP', 'IT_PROG'], [1000, 2000]],
      errorMessage: 'Allowed: a text, a number, true or false, or a list of these.',
    },
  },
  required: ['condition'],
  additionalProperties: false,
  examples: [{ condition: '!=', metric: 103 }],
} as const;

export const tableSchema = {
  title: 'Table',
  type: 'object',
  properties: {
    name: {
      ...identifier,
      title: 'Table name',
      description: 'Name of a table or view in the database of the source.',
      examples: ['employees'],
    },
    columns: {
      title: 'Columns',
      description: 'The columns to export, in this order, or `"*"` for all visible columns.',
      anyOf: [{ const: '*' }, { type: 'array', items: identifier, minItems: 1 }, { type: 'null' }],
      default: '*',
      examples: ['*', ['employee_id', 'last_name']],
      errorMessage: 'Allowed: a list of column names, or "*".',
    },
    filters: {
      title: 'Filters',
      description: 'Conditions per column, one or a list of them. All of them must hold.',
      type: ['object', 'null'],
      additionalProperties: {
        anyOf: [filter, { type: 'array', items: filter, minItems: 1 }],
        errorMessage: 'Allowed: {"condition": …, "metric": …}, or a list of these.',
      },
      default: null,
      examples: [{ manager_id: { condition: '!=', metric: 103 } }],
      errorMessage: 'Allowed: an object of column names and conditions.',
    },
    cdc: {
      title: 'Changed since',
      description:
        'Rows whose column is greater than the value. A literal means the same on every run. A span (`"12 hours"`, `"2 weeks"`, `"3 months"`) counts back from the time the run was scheduled for. A watermark reads on where the last success ended. Several columns must all be greater.',
      type: ['object', 'null'],
      additionalProperties: {
        anyOf: [{ type: ['string', 'number'] }, tableWatermarkSchema],
        errorMessage:
          'Allowed: a literal such as "1995-05-05" or 17, a span such as "12 hours", or {"mode": "watermark"}.',
      },
      default: null,
      examples: [
        { hire_date: '1995-05-05' },
        { updated_at: '12 hours' },
        { updated_at: { mode: 'watermark' } },
      ],
      errorMessage: 'Allowed: an object of column names and values.',
    },
    split_order: {
      title: 'Split order',
      description:
        'The column, or the list of columns, that orders the export and splits it into batches. Default: the primary key.',
      anyOf: [identifier, { type: 'array', items: identifier }, { type: 'null' }],
      default: null,
      examples: ['employee_id', ['department_id', 'employee_id']],
      errorMessage: 'Allowed: a column name, or a list of column names.',
    },
  },
  required: ['name'],
  additionalProperties: false,
} as const;
