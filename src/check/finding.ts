/** What `check` has found: the one shape for people and for `--json`. Pure. */
import type { ErrorCode } from '../error-codes.ts';

export type Severity = 'error' | 'warning' | 'info';

/** Findings that are no failure of their own; every error code of src/error-codes.ts is a finding's code as well. */
export const FINDINGS = {
  SERVER: 'which server it is, how it is connected and as whom',
  SERVER_OLD: 'the server is older than the oldest that Tidemark is tested on',
  TLS_NONE: 'the connection to the server is not encrypted and leaves the machine',
  TLS_OLD: 'the connection is encrypted by a version of TLS that is no longer considered safe',
  TLS_UNVERIFIED: 'the connection is encrypted, and nobody checks with whom',
  GRANTS_EXCESSIVE: 'the account may do more than read',
  GRANTS_ALL_DATABASES: 'the account may read every database, the accounts of the server included',
  TRANSACTIONS_HIDDEN:
    'information_schema.INNODB_TRX may not be read: watermarks cannot see open transactions',
  REPLICATION_HIDDEN: 'the state of replication may not be asked for',
  MOMENT: 'several connections can prove that they read as of one moment',
  MOMENT_UNPROVEN: 'several connections cannot prove that they read as of one moment',
  LOCK_REFUSED: 'the account may not keep writers out, as a task asks for',
  ZONES_MISSING: 'the server has no zone tables: CONVERT_TZ with names gives NULL',
  WINDOW_UNINDEXED: 'no index begins with a column of cdc: each run reads the whole table to find its window',
  SPLIT_UNINDEXED: 'no index gives the order of split_order: each run sorts the rows',
  READ_ALONE: 'several connections may read, and one does: why, and the index that would change it',
  QUERY_SCANS: 'the custom query reads whole tables',
  ROWS_SCANNED: 'how many rows the server looks at on each run',
  EXPLAIN_REFUSED: 'the server does not explain the SELECT to this account',
  WATERMARK_INTEGER: 'a watermark is a number: rows that are committed late are missed',
  PLAN_WARNING: 'what a run would warn of',
  BUCKET: 'uploads can be begun and aborted in the bucket',
  BUCKET_UNENCRYPTED_CONNECTION: 'requests to the endpoint are not encrypted and leave the machine',
  BUCKET_UPLOAD_LEFT: 'the trial upload could not be aborted',
  ENCRYPTION_NONE: 'objects are stored unencrypted',
  ENCRYPTION_DIFFERS: 'the sink asks for another encryption than the bucket’s own',
  ENCRYPTION_IGNORED: 'the bucket does not encrypt as the sink asks',
  ENCRYPTION_UNKNOWN: 'the bucket does not say how it encrypts',
  ENCRYPTION: 'how objects are encrypted',
  SMTP: 'the mail server takes mails',
  SMTP_NONE: 'the config has no mail server: nobody is told of failures',
  SMTP_UNENCRYPTED: 'mails, and the login, leave the machine unencrypted',
  WEBHOOK: 'the host of the webhook can be reached',
} as const;

export type FindingCode = keyof typeof FINDINGS | ErrorCode;

/** A place in a spec file. Line and column are 1-based; `path` is empty for the file as a whole. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly path: string;
}

/**
 * What `remedy` is: statements for an administrator of the server, an IAM policy, a piece of the config, commands for a
 * shell, or advice.
 */
export type RemedyKind = 'sql' | 'policy' | 'config' | 'shell' | 'words';

export interface Remedy {
  readonly kind: RemedyKind;
  /** To be pasted as it is, unless its kind is `words`. */
  readonly text: string;
}

export interface Finding {
  readonly severity: Severity;
  readonly code: FindingCode;
  /** What it is about: an entry of the config, or specs. */
  readonly scope: 'source' | 'sink' | 'smtp' | 'webhook' | 'spec';
  /** Name of the source or sink; null: of others. */
  readonly name: string | null;
  /** Names of the tasks it concerns, in order. */
  readonly tasks: readonly string[];
  /** Where in the specs; empty where no spec is to blame. */
  readonly places: readonly Place[];
  readonly message: string;
  readonly remedy: Remedy | null;
}

/** A task, and what says where something stands in its file. */
export interface TaskPlace {
  readonly task: string;
  at(...path: (string | number)[]): Place;
}

/** A finding that one spec gives rise to. */
export function specFinding(
  severity: Severity,
  code: FindingCode,
  { task, at }: TaskPlace,
  path: readonly (string | number)[],
  message: string,
  remedy: Remedy | null = null,
): Finding {
  return { severity, code, scope: 'spec', name: null, tasks: [task], places: [at(...path)], message, remedy };
}

/** A finding as `--json` shows it. */
export function findingDocument({ remedy, ...finding }: Finding): object {
  const { severity, code, scope, name, tasks, places, message } = finding;
  const shown = { remedy: remedy?.text ?? null, remedy_kind: remedy?.kind ?? null };
  return { severity, code, scope, name, tasks, places, message, ...shown };
}

const ORDER: readonly Severity[] = ['error', 'warning', 'info'];
const SCOPES: readonly Finding['scope'][] = ['source', 'sink', 'smtp', 'webhook', 'spec'];

/** One finding for what was said alike of several specs, with all their places; sources first, errors first. */
export function mergeFindings(findings: readonly Finding[]): Finding[] {
  const merged = new Map<string, Finding>();
  for (const finding of findings) {
    const { severity, code, scope, name, message, remedy } = finding;
    const key = JSON.stringify([severity, code, scope, name, message, remedy?.text ?? null]);
    const known = merged.get(key);
    if (known === undefined) merged.set(key, finding);
    else {
      const tasks = [...new Set([...known.tasks, ...finding.tasks])];
      merged.set(key, { ...known, tasks, places: [...known.places, ...finding.places] });
    }
  }
  return [...merged.values()].toSorted(
    (a, b) =>
      SCOPES.indexOf(a.scope) - SCOPES.indexOf(b.scope) ||
      compare(a.name, b.name) ||
      ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity),
  );
}

function compare(a: string | null, b: string | null): number {
  const [left, right] = [a ?? '', b ?? ''];
  return left < right ? -1 : left > right ? 1 : 0;
}
