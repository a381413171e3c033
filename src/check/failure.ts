/** A failure as a finding: where it belongs, and of its hint what can be pasted. Pure. */
import type { ErrorCode } from '../error-codes.ts';
import type { TidemarkError } from '../errors.ts';
import { specFinding, type Finding, type Remedy, type TaskPlace } from './finding.ts';

/** What has gone wrong with the server or the way to it: the same for every spec that reads from it. */
const OF_SOURCES: ReadonlySet<ErrorCode> = new Set([
  'SERVER_UNREACHABLE',
  'ACCESS_DENIED',
  'DATABASE_UNKNOWN',
  'TLS_FAILED',
  'CONNECTION_LOST',
  'CONNECTION_SILENT',
  'TOO_MANY_CONNECTIONS',
  'REPLICATION_STOPPED',
] satisfies ErrorCode[]);

export function isOfSource({ code }: TidemarkError): boolean {
  return OF_SOURCES.has(code);
}

/** @param tasks that could not be looked at because of it. */
export function failureOf(
  scope: 'source' | 'sink' | 'smtp' | 'webhook',
  name: string | null,
  error: TidemarkError,
  tasks: readonly string[] = [],
): Finding {
  const { code, message } = error;
  return { severity: 'error', code, scope, name, tasks, places: [], message, remedy: remedyOf(error) };
}

/** @param table index in the spec's list of tables; null: of the custom query, or of the task as a whole. */
export function specFailure(task: TaskPlace, table: number | null, error: TidemarkError): Finding {
  return specFinding('error', error.code, task, pathOf(error, table), error.message, remedyOf(error));
}

function pathOf({ code, message }: TidemarkError, table: number | null): (string | number)[] {
  if (message.startsWith('column_transformation')) return ['column_transformation'];
  if (code.startsWith('TRANSFORM_'))
    return [code === 'TRANSFORM_UNFIT' ? 'column_transformation' : 'row_transform'];
  if (code === 'SCHEMA_CHANGED') return ['on_schema_change'];
  if (table === null) return ['query', 'custom'];
  switch (code) {
    case 'TABLE_UNKNOWN':
    case 'PRIVILEGE_MISSING':
      return ['table', table, 'name'];
    case 'SPAN_ON_NUMBER':
    case 'WATERMARK_TYPE':
    case 'WATERMARK_VALUE':
    case 'WATERMARK_MISMATCH':
      return ['table', table, 'cdc'];
    default:
      return ['table', table];
  }
}

/** The statements in a hint, `Run as an administrator: GRANT …;`, or else the hint. */
export function remedyOf({ hint }: Pick<TidemarkError, 'hint'>): Remedy {
  const statements = statementsIn(hint);
  return statements === null ? { kind: 'words', text: hint } : { kind: 'sql', text: statements };
}

/** Statements for an administrator that stand in a text; null: there are none. */
export function statementsIn(text: string): string | null {
  const found = /\b(?:CREATE USER|GRANT) .*;/s.exec(text)?.[0];
  return found === undefined ? null : found.replaceAll('; GRANT ', ';\nGRANT ');
}
