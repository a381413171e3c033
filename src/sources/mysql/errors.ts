/**
 * The server's and the driver's errors in Tidemark's words.
 *
 * Error numbers: https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html
 * and https://mariadb.com/kb/en/mariadb-error-code-reference/
 */
import type { ErrorCode } from '../../error-codes.ts';
import { TidemarkError } from '../../errors.ts';

/** What mysql2 throws, as far as it is looked at here. */
interface DriverError {
  readonly code?: string;
  readonly errno?: number;
  readonly message: string;
  readonly sqlMessage?: string;
  readonly fatal?: boolean;
}

/** Who connects whereto, for messages and for GRANT statements. */
export interface ErrorContext {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  /** `user@host` as the server keeps it, `tidemark@%`; null or left out before the login. */
  readonly account?: string | null;
  readonly sql?: string | undefined;
}

/** ER_REGEXP_ILLEGAL_ARGUMENT to ER_REGEXP_TIME_OUT of MySQL 8; MariaDB and older versions have 1139 for all. */
const REGEXP_FAULTS = Array.from({ length: 15 }, (_, index) => [3685 + index, 'QUERY_INVALID'] as const);

const BY_NUMBER: Readonly<Record<number, ErrorCode>> = {
  1040: 'TOO_MANY_CONNECTIONS',
  1203: 'TOO_MANY_CONNECTIONS',
  1226: 'TOO_MANY_CONNECTIONS',
  1044: 'PRIVILEGE_MISSING',
  1142: 'PRIVILEGE_MISSING',
  1143: 'PRIVILEGE_MISSING',
  1227: 'PRIVILEGE_MISSING',
  1345: 'PRIVILEGE_MISSING',
  1370: 'PRIVILEGE_MISSING',
  1045: 'ACCESS_DENIED',
  1129: 'ACCESS_DENIED',
  1130: 'ACCESS_DENIED',
  1698: 'ACCESS_DENIED',
  1820: 'ACCESS_DENIED',
  1862: 'ACCESS_DENIED',
  3118: 'ACCESS_DENIED',
  3159: 'TLS_FAILED',
  1049: 'DATABASE_UNKNOWN',
  1146: 'TABLE_UNKNOWN',
  1054: 'COLUMN_UNKNOWN',
  1060: 'COLUMNS_AMBIGUOUS',
  1052: 'QUERY_INVALID',
  1064: 'QUERY_INVALID',
  1139: 'QUERY_INVALID',
  1305: 'QUERY_INVALID',
  ...Object.fromEntries(REGEXP_FAULTS),
  1290: 'QUERY_WRITES',
  1792: 'QUERY_WRITES',
  1205: 'LOCK_TIMEOUT',
  1213: 'LOCK_TIMEOUT',
  3572: 'LOCK_TIMEOUT',
  1317: 'QUERY_TIMEOUT',
  1969: 'QUERY_TIMEOUT',
  3024: 'QUERY_TIMEOUT',
  1412: 'TABLE_CHANGED',
  1053: 'CONNECTION_LOST',
  1152: 'CONNECTION_LOST',
  1158: 'CONNECTION_LOST',
  1159: 'CONNECTION_LOST',
  1160: 'CONNECTION_LOST',
  1161: 'CONNECTION_LOST',
  1927: 'CONNECTION_LOST',
  4031: 'CONNECTION_LOST',
};

const BY_DRIVER_CODE: Readonly<Record<string, ErrorCode>> = {
  ECONNREFUSED: 'SERVER_UNREACHABLE',
  EHOSTUNREACH: 'SERVER_UNREACHABLE',
  ENETUNREACH: 'SERVER_UNREACHABLE',
  EADDRNOTAVAIL: 'SERVER_UNREACHABLE',
  ENOTFOUND: 'SERVER_UNREACHABLE',
  EAI_AGAIN: 'SERVER_UNREACHABLE',
  ETIMEDOUT: 'SERVER_UNREACHABLE',
  PROTOCOL_CONNECTION_LOST: 'CONNECTION_LOST',
  PROTOCOL_ERROR: 'CONNECTION_LOST',
  PROTOCOL_UNEXPECTED_PACKET: 'CONNECTION_LOST',
  ECONNRESET: 'CONNECTION_LOST',
  EPIPE: 'CONNECTION_LOST',
  HANDSHAKE_NO_SSL_SUPPORT: 'TLS_FAILED',
  HANDSHAKE_SSL_ERROR: 'TLS_FAILED',
};

/**
 * @param phase while connecting, a lost connection means that the server cannot be reached.
 */
export function sourceError(
  error: unknown,
  context: ErrorContext,
  phase: 'connect' | 'query' = 'query',
): TidemarkError {
  if (error instanceof TidemarkError) return error;
  const thrown = error as DriverError;
  let code = codeOf(thrown);
  if (phase === 'connect' && code === 'CONNECTION_LOST') code = 'SERVER_UNREACHABLE';
  return new TidemarkError(code, message(code, thrown, context), {
    hint: hint(code, thrown, context),
    sql: context.sql,
    cause: error,
  });
}

function codeOf(error: DriverError): ErrorCode {
  const byNumber = error.errno === undefined ? undefined : BY_NUMBER[error.errno];
  if (byNumber !== undefined) return byNumber;
  const byCode = error.code === undefined ? undefined : BY_DRIVER_CODE[error.code];
  if (byCode !== undefined) return byCode;
  if (/^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|EPROTO)/.test(error.code ?? ''))
    return 'TLS_FAILED';
  // mysql2 refuses commands on a connection that has died meanwhile without giving a code.
  if (error.fatal === true || /closed state/.test(error.message)) return 'CONNECTION_LOST';
  return 'SOURCE_FAILED';
}

function message(code: ErrorCode, error: DriverError, context: ErrorContext): string {
  const said = error.sqlMessage ?? error.message;
  const number =
    error.errno !== undefined && error.errno > 0 && error.sqlMessage !== undefined
      ? ` (error ${error.errno})`
      : '';
  const server = `${context.host}:${context.port}`;
  switch (code) {
    case 'SERVER_UNREACHABLE':
      return `No connection to ${server}: ${said}`;
    case 'CONNECTION_LOST':
      return `The connection to ${server} was lost before the result was complete: ${said}${number}`;
    case 'TLS_FAILED':
      return `No secure connection to ${server}: ${said}`;
    default:
      return `${server} answered: ${said}${number}`;
  }
}

function hint(code: ErrorCode, error: DriverError, context: ErrorContext): string | undefined {
  const said = error.sqlMessage ?? '';
  switch (code) {
    case 'ACCESS_DENIED': {
      // `Access denied for user 'u'@'host'`: the host is ours as the server sees it.
      const account = grantee(context, said);
      return (
        `Check user and password of the source. If the account does not exist yet: ` +
        `CREATE USER ${account} IDENTIFIED BY '…'; GRANT SELECT, SHOW VIEW ON \`${context.database}\`.* TO ${account};`
      );
    }
    case 'PRIVILEGE_MISSING': {
      const privilege =
        error.errno === 1345 ? 'SELECT, SHOW VIEW' : error.errno === 1370 ? 'EXECUTE' : 'SELECT';
      // A query may read another database than the source's: MariaDB names it in the message, MySQL does not.
      const named = /(?:for|in) table [`'](?:([^`']+)[`']\.[`'])?([^`']+)[`']/.exec(said);
      const table = named === null ? '*' : `\`${named[2]}\``;
      const object = `\`${named?.[1] ?? context.database}\`.${table}`;
      return `Run as an administrator: GRANT ${privilege} ON ${object} TO ${grantee(context, said)};`;
    }
    default:
      return undefined;
  }
}

/**
 * The account as a GRANT names it.
 *
 * @param said the server's message, which may name it where the session does not know it.
 */
export function grantee({ account, user }: ErrorContext, said = ''): string {
  const at = account?.lastIndexOf('@') ?? -1;
  if (account && at > 0) return `'${account.slice(0, at)}'@'${account.slice(at + 1)}'`;
  return /'[^']*'@'[^']*'/.exec(said)?.[0] ?? `'${user}'@'%'`;
}
