/**
 * Errors as plain data, for where only data goes: from one thread to another, through a queue, in JSON. What is left out
 * is what belongs to one process alone: the class and the own fields of a cause.
 */
import { inspect, types } from 'node:util';
import { ERRORS, type ErrorCode } from './error-codes.ts';
import { asTidemarkError, TidemarkError } from './errors.ts';

export interface PlainError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string;
  readonly retryable: boolean;
  readonly sql: string | null;
  /** Where it was thrown, in the process or thread that threw it. */
  readonly stack: string;
  /** What it was caused by, and what that was caused by, and so on. */
  readonly causes: readonly PlainCause[];
}

export interface PlainCause {
  readonly name: string;
  readonly message: string;
  readonly stack: string;
}

/** A longer chain is a circle. */
const MOST_CAUSES = 8;

/**
 * @param thrown anything at all; what is no TidemarkError is a fault in the program.
 * @param redact is given every text, where the data leaves the process.
 */
export function toPlain(thrown: unknown, redact: (text: string) => string = (text) => text): PlainError {
  const error = asTidemarkError(thrown);
  const { code, message, hint, retryable, sql, stack = '' } = error;
  const causes: PlainCause[] = [];
  for (let next = error.cause; next !== undefined && causes.length < MOST_CAUSES;) {
    const cause: Error = types.isNativeError(next)
      ? next
      : new Error(typeof next === 'string' ? next : inspect(next));
    causes.push({
      name: redact(cause.name),
      message: redact(cause.message),
      stack: redact(cause.stack ?? ''),
    });
    next = cause.cause;
  }
  return {
    code,
    message: redact(message),
    hint: redact(hint),
    retryable,
    sql: sql === null ? null : redact(sql),
    stack: redact(stack),
    causes,
  };
}

/**
 * The error again, with the stack of where it was thrown. A code that this Tidemark does not know, as a newer one may
 * have sent it, becomes INTERNAL and stays readable in the message.
 */
export function fromPlain(plain: PlainError): TidemarkError {
  const { hint, retryable, sql, stack, causes } = plain;
  const known = Object.hasOwn(ERRORS, plain.code);
  const cause = causes.reduceRight<Error | undefined>(causeFrom, undefined);
  const error = new TidemarkError(
    known ? plain.code : 'INTERNAL',
    known ? plain.message : `${plain.code}: ${plain.message}`,
    { hint, retryable, sql: sql ?? undefined, cause },
  );
  error.stack = stack;
  return error;
}

function causeFrom(below: Error | undefined, { name, message, stack }: PlainCause): Error {
  const error = new Error(message, below === undefined ? undefined : { cause: below });
  error.name = name;
  error.stack = stack;
  return error;
}
