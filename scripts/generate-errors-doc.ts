/**
 * Writes docs/errors.md from the table in src/error-codes.ts. `node scripts/generate-errors-doc.ts`; with `--check` it
 * only says whether the file is up to date.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ERRORS, type ErrorCode } from '../src/error-codes.ts';

const FILE = fileURLToPath(new URL('../docs/errors.md', import.meta.url));

/** In the order of a run. A code that is in none of them makes `errorsDoc` throw. */
const GROUPS: readonly (readonly [heading: string, codes: readonly ErrorCode[]])[] = [
  [
    'Usage, configuration and specs',
    [
      'USAGE',
      'CONFIG_INVALID',
      'SPEC_INVALID',
      'SPEC_UNREADABLE',
      'ALREADY_RUNNING',
      'ALREADY_DONE',
      'BLACKOUT',
      'INTERRUPTED',
      'RUN_TIMEOUT',
      'PROCESS_DIED',
      'NO_RECENT_SUCCESS',
    ],
  ],
  [
    'The database',
    [
      'SERVER_UNREACHABLE',
      'ACCESS_DENIED',
      'PRIVILEGE_MISSING',
      'DATABASE_UNKNOWN',
      'TABLE_UNKNOWN',
      'COLUMN_UNKNOWN',
      'QUERY_INVALID',
      'QUERY_WRITES',
      'COLUMNS_AMBIGUOUS',
      'SPAN_ON_NUMBER',
      'WATERMARK_TYPE',
      'WATERMARK_VALUE',
      'WATERMARK_MISMATCH',
      'REPLICATION_STOPPED',
      'NOT_INCREMENTAL',
      'BACKFILL_AHEAD',
      'CONNECTION_LOST',
      'CONNECTION_SILENT',
      'TOO_MANY_CONNECTIONS',
      'LOCK_TIMEOUT',
      'CONSISTENCY_UNPROVEN',
      'QUERY_TIMEOUT',
      'TABLE_CHANGED',
      'ZERO_DATE',
      'VALUE_UNFIT',
      'TRANSFORM_UNFIT',
      'TRANSFORM_INVALID',
      'TRANSFORM_FAILED',
      'TRANSFORM_TIMEOUT',
      'TRANSFORM_MEMORY',
      'SCHEMA_CHANGED',
      'RESULT_EMPTY',
      'EXPECTATION_FAILED',
      'TLS_FAILED',
      'SOURCE_FAILED',
    ],
  ],
  [
    'The bucket',
    [
      'BUCKET_MISSING',
      'S3_ACCESS_DENIED',
      'S3_CREDENTIALS',
      'S3_THROTTLED',
      'S3_UNAVAILABLE',
      'PUBLISH_INCOMPLETE',
      'UPLOAD_GONE',
      'S3_FAILED',
      'OBJECT_TOO_LARGE',
    ],
  ],
  ['What was published', ['COUNT_DIFFERS', 'MANIFEST_UNREADABLE', 'VERIFY_FAILED']],
  ['Workers on other machines', ['NO_WORKERS', 'RUN_LEFT', 'QUEUE_LOST']],
  ['Two daemons', ['NOT_LEADER', 'LEADERSHIP_LOST', 'STATE_DIVERGED', 'REDIS_UNREACHABLE']],
  [
    'This machine',
    [
      'STATE_UNUSABLE',
      'LOGS_UNWRITABLE',
      'LANE_LOST',
      'ENCODER_DIED',
      'MAIL_FAILED',
      'WEBHOOK_FAILED',
      'INTERNAL',
    ],
  ],
];

/** The page as it should be. Pure. */
export function errorsDoc(): string {
  const missing = Object.keys(ERRORS).filter(
    (code) => !GROUPS.some(([, codes]) => codes.includes(code as ErrorCode)),
  );
  if (missing.length > 0) {
    throw new Error(`add ${missing.join(', ')} to a group in scripts/generate-errors-doc.ts`);
  }
  const groups = GROUPS.map(([heading, codes]) => [`## ${heading}`, ...codes.map(entry)].join('\n\n'));
  return `${[
    '<!-- Made from src/error-codes.ts by scripts/generate-errors-doc.ts. Edit there. -->',
    '# Errors',
    'Every failure has a code. It stands in the subject of the mail, in the log (`code=…`) and in `error.code` of `tidemark run --json`. The message and the hint of a failure are usually more exact than this page: they name the host, the table, the GRANT.',
    'After a run that failed, nothing of it is published, and it can be repeated; [PUBLISH_INCOMPLETE](#publish_incomplete) and [PROCESS_DIED](#process_died) say where that is not known yet. _Passes by itself_ says whether the same run can succeed later without anybody changing anything.',
    ...GROUPS.map(
      ([heading, codes]) =>
        `${heading}: ${codes.map((code) => `[${code}](#${code.toLowerCase()})`).join(', ')}.`,
    ),
    ...groups,
  ].join('\n\n')}\n`;
}

function entry(code: ErrorCode): string {
  const { title, cause, hint, retryable } = ERRORS[code];
  return [
    `### ${code}`,
    `**${title}.**`,
    [`- Cause: ${cause}`, `- What to do: ${hint}`, `- Passes by itself: ${retryable ? 'it may' : 'no'}`].join(
      '\n',
    ),
  ].join('\n\n');
}

if (import.meta.main) {
  const wanted = errorsDoc();
  if (!process.argv.includes('--check')) writeFileSync(FILE, wanted);
  else if (readFileSync(FILE, 'utf8') !== wanted) {
    process.stderr.write('docs/errors.md is out of date: run node scripts/generate-errors-doc.ts\n');
    process.exitCode = 1;
  }
}
