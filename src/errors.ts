/** The errors that cross module borders, and the faults of config and spec files. What can fail: error-codes.ts. */
import { ERRORS, type ErrorCode } from './error-codes.ts';

export interface ErrorDetails {
  /** Replaces the table's general hint by one for this case, such as the exact GRANT. */
  readonly hint?: string | undefined;
  readonly retryable?: boolean | undefined;
  /** The SQL that failed. */
  readonly sql?: string | undefined;
  /** Whether it is certain that what was asked for was not done. Default: false. */
  readonly refused?: boolean | undefined;
  readonly cause?: unknown;
}

/** The one error that crosses module borders. The message is a sentence for people, without the code. */
export class TidemarkError extends Error {
  readonly code: ErrorCode;
  readonly hint: string;
  readonly retryable: boolean;
  readonly sql: string | null;
  readonly refused: boolean;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'TidemarkError';
    this.code = code;
    this.hint = details.hint ?? ERRORS[code].hint;
    this.retryable = details.retryable ?? ERRORS[code].retryable;
    this.sql = details.sql ?? null;
    this.refused = details.refused ?? false;
  }
}

/** One thing wrong in a config or spec file: where, what was found, what is allowed, what to do. */
export interface Fault {
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  readonly column: number;
  /** JSON path of the value, `table[0].filters.manager_id`; empty for the whole file. */
  readonly path: string;
  readonly message: string;
}

/** Every fault of one file at once. */
export class FaultsError extends TidemarkError {
  readonly faults: readonly Fault[];

  constructor(code: 'SPEC_INVALID' | 'CONFIG_INVALID', faults: readonly Fault[]) {
    super(code, faults.map(formatFault).join('\n'));
    this.name = 'FaultsError';
    this.faults = faults;
  }
}

/** `specs/a.json:3:14 table[0].columns: found 5; a list of names or "*" is allowed` */
export function formatFault(fault: Fault): string {
  const path = fault.path === '' ? '' : ` ${fault.path}:`;
  return `${fault.file}:${fault.line}:${fault.column}${path} ${fault.message}`;
}

/** Anything that was thrown, as a TidemarkError: what is not one already is a fault in the program. */
export function asTidemarkError(error: unknown): TidemarkError {
  if (error instanceof TidemarkError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new TidemarkError('INTERNAL', message, { cause: error });
}
