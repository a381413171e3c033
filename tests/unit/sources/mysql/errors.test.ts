/** The server's errors in Tidemark's words, with the statement that helps. */
import { ERRORS, type ErrorCode } from '../../../../src/error-codes.ts';
import { TidemarkError } from '../../../../src/errors.ts';
import { sourceError } from '../../../../src/sources/mysql/errors.ts';

const CONTEXT = { host: 'db.example.com', port: 3306, user: 'tidemark', database: 'hr', sql: 'SELECT 1' };

/** As mysql2 throws what a server answered. */
function answered(errno: number, sqlMessage: string): Error {
  return Object.assign(new Error(sqlMessage), { errno, sqlMessage, code: 'ER_SOMETHING', sqlState: 'HY000' });
}

/** As mysql2 throws what happened to a connection. */
function happened(code: string, message = 'it happened', more: object = {}): Error {
  return Object.assign(new Error(message), { code, ...more });
}

it.each<[number, ErrorCode, string]>([
  [1040, 'TOO_MANY_CONNECTIONS', 'Too many connections'],
  [1226, 'TOO_MANY_CONNECTIONS', "User 'tidemark' has exceeded the 'max_user_connections' resource"],
  [1044, 'PRIVILEGE_MISSING', "Access denied for user 'tidemark'@'%' to database 'hr'"],
  [1142, 'PRIVILEGE_MISSING', "SELECT command denied to user 'tidemark'@'10.0.0.7' for table 'staff'"],
  [1045, 'ACCESS_DENIED', "Access denied for user 'tidemark'@'10.0.0.7' (using password: YES)"],
  [1130, 'ACCESS_DENIED', "Host '10.0.0.7' is not allowed to connect to this MySQL server"],
  [3159, 'TLS_FAILED', 'Connections using insecure transport are prohibited'],
  [1049, 'DATABASE_UNKNOWN', "Unknown database 'hr'"],
  [1146, 'TABLE_UNKNOWN', "Table 'hr.stuff' doesn't exist"],
  [1054, 'COLUMN_UNKNOWN', "Unknown column 'x' in 'field list'"],
  [1060, 'COLUMNS_AMBIGUOUS', "Duplicate column name 'id'"],
  [1064, 'QUERY_INVALID', 'You have an error in your SQL syntax'],
  [1139, 'QUERY_INVALID', "Got error 'repetition-operator operand invalid' from regexp"],
  [3692, 'QUERY_INVALID', 'Incorrect description of a {min,max} interval.'],
  [1792, 'QUERY_WRITES', 'Cannot execute statement in a READ ONLY transaction.'],
  [1205, 'LOCK_TIMEOUT', 'Lock wait timeout exceeded'],
  [1317, 'QUERY_TIMEOUT', 'Query execution was interrupted'],
  [1969, 'QUERY_TIMEOUT', 'Query execution was interrupted (max_statement_time exceeded)'],
  [3024, 'QUERY_TIMEOUT', 'Query execution was interrupted, maximum statement execution time exceeded'],
  [1412, 'TABLE_CHANGED', 'Table definition has changed, please retry transaction'],
  [1053, 'CONNECTION_LOST', 'Server shutdown in progress'],
  [1927, 'CONNECTION_LOST', 'Connection was killed'],
  [1105, 'SOURCE_FAILED', 'Unknown error'],
])('error %i is %s', (errno, code, said) => {
  const error = sourceError(answered(errno, said), CONTEXT);
  expect(error).toMatchObject({ code, sql: 'SELECT 1', retryable: ERRORS[code].retryable });
  expect(error.message).toContain(said);
  expect(error.message).toContain('db.example.com:3306');
  expect(error.hint.length).toBeGreaterThan(20);
  if (code !== 'TLS_FAILED') expect(error.message).toContain(`(error ${errno})`);
});

it.each<[string, ErrorCode]>([
  ['ECONNREFUSED', 'SERVER_UNREACHABLE'],
  ['ENOTFOUND', 'SERVER_UNREACHABLE'],
  ['EAI_AGAIN', 'SERVER_UNREACHABLE'],
  ['ETIMEDOUT', 'SERVER_UNREACHABLE'],
  ['PROTOCOL_CONNECTION_LOST', 'CONNECTION_LOST'],
  ['ECONNRESET', 'CONNECTION_LOST'],
  ['EPIPE', 'CONNECTION_LOST'],
  ['HANDSHAKE_NO_SSL_SUPPORT', 'TLS_FAILED'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'TLS_FAILED'],
  ['CERT_HAS_EXPIRED', 'TLS_FAILED'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'TLS_FAILED'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'TLS_FAILED'],
  ['SOMETHING_ELSE', 'SOURCE_FAILED'],
])('%s is %s', (code, expected) => {
  expect(sourceError(happened(code), CONTEXT)).toMatchObject({
    code: expected,
    message: expect.stringContaining('it happened'),
  });
});

it('takes a connection that is lost while connecting for a server out of reach', () => {
  expect(sourceError(happened('ECONNRESET'), CONTEXT, 'connect').code).toBe('SERVER_UNREACHABLE');
  expect(sourceError(happened('CERT_HAS_EXPIRED'), CONTEXT, 'connect').code).toBe('TLS_FAILED');
});

it('takes a fatal error without a code for a lost connection', () => {
  expect(sourceError(Object.assign(new Error('x'), { fatal: true }), CONTEXT).code).toBe('CONNECTION_LOST');
  const closed = new Error("Can't add new command when connection is in closed state");
  expect(sourceError(closed, CONTEXT).code).toBe('CONNECTION_LOST');
});

describe('the GRANT', () => {
  const hint = (errno: number, said: string): string => sourceError(answered(errno, said), CONTEXT).hint;

  it.each([
    [
      "SELECT command denied to user 'tidemark'@'10.0.0.7' for table 'staff'",
      "GRANT SELECT ON `hr`.`staff` TO 'tidemark'@'10.0.0.7';",
    ],
    [
      "SELECT command denied to user 'tidemark'@'%' for table `hr`.`staff`",
      "GRANT SELECT ON `hr`.`staff` TO 'tidemark'@'%';",
    ],
    [
      "SELECT command denied to user 'tidemark'@'%' for table `sales`.`orders`",
      "GRANT SELECT ON `sales`.`orders` TO 'tidemark'@'%';",
    ],
    [
      "SELECT command denied to user 'tidemark'@'%' for column 'pay' in table 'staff'",
      "GRANT SELECT ON `hr`.`staff` TO 'tidemark'@'%';",
    ],
  ])('is for the table and the account that were refused: %s', (said, grant) => {
    expect(hint(1142, said)).toBe(`Run as an administrator: ${grant}`);
  });

  it('is for the account itself where that is known, not for the address it came from', () => {
    const said = "SELECT command denied to user 'tidemark'@'10.0.0.7' for table 'staff'";
    expect(sourceError(answered(1142, said), { ...CONTEXT, account: 'tidemark@10.%' }).hint).toContain(
      "ON `hr`.`staff` TO 'tidemark'@'10.%';",
    );
  });

  it('is for the whole database where that was refused', () => {
    expect(hint(1044, "Access denied for user 'tidemark'@'%' to database 'hr'")).toContain(
      "GRANT SELECT ON `hr`.* TO 'tidemark'@'%';",
    );
  });

  it('is for views and routines what they take', () => {
    expect(hint(1345, 'EXPLAIN/SHOW can not be issued; lacking privileges for underlying table')).toContain(
      "GRANT SELECT, SHOW VIEW ON `hr`.* TO 'tidemark'@'%'",
    );
    expect(hint(1370, "execute command denied to user 'tidemark'@'%' for routine 'hr.f'")).toContain(
      'GRANT EXECUTE',
    );
  });

  it('comes with the account where that may be missing', () => {
    const said = "Access denied for user 'tidemark'@'10.0.0.7' (using password: YES)";
    expect(hint(1045, said)).toContain("CREATE USER 'tidemark'@'10.0.0.7'");
  });
});

it('keeps the cause, and leaves alone what has its words already', () => {
  const cause = answered(1105, 'x');
  expect(sourceError(cause, CONTEXT).cause).toBe(cause);
  const known = new TidemarkError('INTERRUPTED', 'stopped');
  expect(sourceError(known, CONTEXT)).toBe(known);
});
