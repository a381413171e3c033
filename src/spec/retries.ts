/** How often a failed run is tried again, and how long it may take in all. */
import type { FromSchema } from 'json-schema-to-ts';
import type { Retries } from '../domain/spec.ts';
import { durationFault, durationMs } from './duration.ts';
import { showText } from './show.ts';

const count = { type: 'integer', minimum: 0, maximum: 20 } as const;

const object = {
  title: 'Retries',
  type: 'object',
  properties: {
    count: {
      ...count,
      title: 'Count',
      description: 'Further attempts after the first.',
      type: ['integer', 'null'],
      default: 2,
      errorMessage: 'Allowed: a whole number from 0 to 20.',
    },
    first_delay: {
      title: 'First delay',
      description:
        'Time before the second attempt; doubled before each one after it. Up to half of a delay is taken off at random.',
      type: ['string', 'null'],
      default: '2 seconds',
      examples: ['2 seconds', '1 minute'],
      errorMessage: 'Allowed: a span of time such as "2 seconds".',
    },
    max_delay: {
      title: 'Longest delay',
      description: 'No delay grows beyond it. Where `first_delay` is longer than the default, that is it.',
      type: ['string', 'null'],
      default: '5 minutes',
      examples: ['5 minutes', '1 hour'],
      errorMessage: 'Allowed: a span of time such as "5 minutes".',
    },
  },
  additionalProperties: false,
} as const;

export const retriesSchema = {
  title: 'Retries',
  description:
    'How often a run is tried again that failed for a reason that can pass: a lost connection, a lock, throttling. All attempts write the same keys. A number, or an object that also says when.',
  anyOf: [count, object, { type: 'null' }],
  default: object.properties.count.default,
  examples: [5, { count: 5, first_delay: '10 seconds', max_delay: '10 minutes' }],
  errorMessage: 'Allowed: a whole number from 0 to 20, or {"count": …, "first_delay": …, "max_delay": …}.',
} as const;

/** The field as its author writes it. */
type RetriesDocument = FromSchema<typeof retriesSchema, { keepDefaultedPropertiesOptional: true }>;

export const timeoutSchema = {
  title: 'Timeout',
  description:
    'Longest time that a run may take, all its attempts together; it is then aborted, and nothing is published. The server is told as well, and ends a query that nobody waits for any more (MariaDB; MySQL from 5.7.8). Default: as long as it takes.',
  type: ['string', 'null'],
  default: null,
  examples: ['30 minutes', '4 hours'],
} as const;

const DELAY = { example: '2 seconds', longestDays: 1, zero: true };
// What a timer of Node can wait; a longer one would fire at once.
const TIMEOUT = { example: '30 minutes', longestDays: 24, zero: false };

/** What is wrong with delays whose types are right. `key` is the field of the object. */
export function retriesFaults(
  retries: unknown,
): { readonly key: 'first_delay' | 'max_delay'; readonly message: string }[] {
  if (typeof retries !== 'object' || retries === null) return [];
  const { first_delay: first, max_delay: longest } = retries as Record<string, unknown>;
  const faults = [['first_delay', first] as const, ['max_delay', longest] as const].flatMap(([key, text]) => {
    const message = typeof text === 'string' ? durationFault(text, DELAY) : null;
    return message === null ? [] : [{ key, message }];
  });
  if (faults.length > 0 || typeof first !== 'string' || typeof longest !== 'string') return faults;
  if (durationMs(first)! <= durationMs(longest)!) return [];
  return [
    {
      key: 'max_delay',
      message: `found ${showText(longest)}. Allowed: at least first_delay, ${showText(first)}.`,
    },
  ];
}

/** What is wrong with a timeout; null where nothing is. */
export function timeoutFault(text: string): string | null {
  return durationFault(text, TIMEOUT);
}

/** The retries of a spec without faults, defaults filled in. */
export function retriesOf(written: RetriesDocument | undefined): Retries {
  const retries: Exclude<RetriesDocument, number | null> =
    typeof written === 'number' ? { count: written } : (written ?? {});
  const { count: attempts, first_delay: first, max_delay: longest } = object.properties;
  const given = retries.max_delay ?? null;
  const firstDelayMs = durationMs(retries.first_delay ?? first.default)!;
  const maxDelayMs =
    given === null ? Math.max(firstDelayMs, durationMs(longest.default)!) : durationMs(given)!;
  return {
    count: retries.count ?? attempts.default,
    firstDelayMs: Math.min(firstDelayMs, maxDelayMs),
    maxDelayMs,
  };
}

/** The timeout of a spec without faults, in milliseconds; null: none. */
export function timeoutMsOf(written: string | null | undefined): number | null {
  return written === null || written === undefined ? null : durationMs(written);
}
