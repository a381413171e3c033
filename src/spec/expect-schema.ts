/** What a spec promises of its task: how fresh its data are, and how much of it a run has. */
import type { FromSchema } from 'json-schema-to-ts';
import type { Expectation } from '../domain/spec.ts';
import { durationFault, durationMs } from './duration.ts';
import { parsePercent } from './percent.ts';
import { showText } from './show.ts';

export const freshnessSchema = {
  title: 'Freshness',
  description:
    'How long the last success may lie back, whatever keeps the task from succeeding. After that the owner gets a mail, then more at growing intervals, and one when a run has succeeded. Backfills do not count. See docs/expectations.md. Default: nobody is told.',
  type: ['string', 'null'],
  default: null,
  examples: ['26 hours', '8 days'],
  errorMessage: 'Allowed: a span of time such as "26 hours".',
} as const;

export const expectSchema = {
  title: 'Expected size',
  description:
    'What a run is expected to have. A run that has something else says so in its report, in its manifest, in the log and by a mail to the owner. Backfills are not held against it. See docs/expectations.md.',
  type: ['object', 'null'],
  properties: {
    min_rows: {
      title: 'Fewest rows',
      description: 'Rows of all tables of the run together.',
      type: ['integer', 'null'],
      minimum: 1,
      maximum: Number.MAX_SAFE_INTEGER,
      default: null,
      examples: [1000],
      errorMessage: 'Allowed: a whole number from 1.',
    },
    max_change: {
      title: 'Greatest change',
      description:
        'By how much the rows of a scheduled run may differ from the median of the same weekday in the eight weeks before, in either direction. Compared once three of these weeks have a run.',
      type: ['string', 'null'],
      default: null,
      examples: ['50%', '12.5%'],
      errorMessage: 'Allowed: a percentage such as "50%".',
    },
    on_violation: {
      title: 'Unexpected size',
      description:
        'What becomes of a run of unexpected size: it is published, with a warning (`warn`), or it fails before anything is published (`fail`).',
      enum: ['warn', 'fail', null],
      default: 'warn',
    },
  },
  additionalProperties: false,
  default: null,
  examples: [{ min_rows: 1000, max_change: '50%' }],
  errorMessage: 'Allowed: an object such as {"min_rows": 1000, "max_change": "50%"}.',
} as const;

type ExpectDocument = FromSchema<typeof expectSchema, { keepDefaultedPropertiesOptional: true }>;

const FRESHNESS = { example: '26 hours', longestDays: 366, zero: false };

/** What is wrong with a `freshness`; null where nothing is. */
export function freshnessFault(text: string): string | null {
  return durationFault(text, FRESHNESS);
}

/** The freshness of a spec without faults, in milliseconds; null: none is promised. */
export function freshnessMsOf(written: string | null | undefined): number | null {
  return written === null || written === undefined ? null : durationMs(written);
}

/** What the schema cannot say of an `expect`, which may be anything. */
export function expectFaults(written: unknown): { readonly key: string; readonly message: string }[] {
  if (typeof written !== 'object' || written === null) return [];
  const { min_rows: least, max_change: change, on_violation: then } = written as Record<string, unknown>;
  if (typeof change === 'string' && parsePercent(change) === null)
    return [
      {
        key: 'max_change',
        message: `found ${showText(change)}. Allowed: a percentage from "0%" to "1000000%", with at most 6 digits after the point, such as "50%".`,
      },
    ];
  if (typeof then !== 'string' || [least, change].some((value) => value !== undefined && value !== null))
    return [];
  return [{ key: 'on_violation', message: 'stands without min_rows and max_change: nothing is expected.' }];
}

/** Of an `expect` without faults; null: nothing is expected. */
export function expectationOf(written: ExpectDocument | undefined): Expectation | null {
  const { min_rows: least = null, max_change: change = null } = written ?? {};
  if (least === null && change === null) return null;
  return {
    minRows: least,
    maxChange: change === null ? null : parsePercent(change)!,
    onViolation: written?.on_violation ?? expectSchema.properties.on_violation.default,
  };
}
