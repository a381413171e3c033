/**
 * Opens a session on a MySQL or MariaDB server: TLS as asked, a known time zone and SQL mode, read-only.
 */
import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import mysql, { type Connection, type ConnectionOptions, type RowDataPacket } from 'mysql2';
import { TidemarkError } from '../../errors.ts';
import type { ReadingCount } from '../../lane-ports.ts';
import type { ConnectionCap } from './connection-cap.ts';
import { sourceError, type ErrorContext } from './errors.ts';
import { unknownDatabase } from './unknown-names.ts';

export interface MysqlSourceOptions {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** `preferred` encrypts where the server can, `verify` also checks its certificate and name. */
  readonly tls: 'disabled' | 'preferred' | 'required' | 'verify';
  /** PEM file of the authority to trust instead of the system's. */
  readonly tlsCa: string | null;
  readonly connectTimeoutMs: number;
  /** A session from which nothing comes for so long is given up. */
  readonly idleTimeoutMs: number;
  /** How long to wait for a table that an ALTER TABLE or a LOCK TABLES holds; by default, a minute. */
  readonly lockWaitTimeoutS?: number;
  /** Key of the mask `hmac`; null or left out: there is none. */
  readonly hmacKey?: string | null;
  /** Shared by all that read from the source; null or left out: as many connections as there are runs. */
  readonly cap?: ConnectionCap | null;
  /** Shared where several threads read; by default, the source counts its own. */
  readonly reading?: ReadingCount;
  /** Hears of each connection that the server has let in (1), and that it has closed (-1). */
  readonly onConnection?: (change: 1 | -1) => void;
}

export interface Session {
  readonly connection: Connection;
  readonly context: ErrorContext;
  /** One statement; rows as objects of text. Not for table data. */
  query(sql: string, values?: readonly unknown[]): Promise<RowDataPacket[]>;
  /**
   * Waits for a command of the connection, but not longer than the server may be silent or the signal lets it.
   *
   * @throws TidemarkError.
   */
  command<T>(sql: string, start: (done: (error: unknown, result: T) => void) => void): Promise<T>;
  /** Where the server is, for a second connection to the same one: a name may stand for several. */
  readonly address: string;
  /** Whether the session can no longer be used, and the server may still be busy with it. */
  broken: boolean;
}

/** How long the server waits for us while backpressure holds the socket, or before we ask for more, in seconds. */
const NET_WRITE_TIMEOUT_S = 3600;
/** The server's own default is up to a year. */
const LOCK_WAIT_TIMEOUT_S = 60;

/**
 * Connects and prepares the session.
 *
 * @throws TidemarkError SERVER_UNREACHABLE, ACCESS_DENIED, DATABASE_UNKNOWN, TLS_FAILED, TOO_MANY_CONNECTIONS …
 */
export async function connect(options: MysqlSourceOptions, signal: AbortSignal): Promise<Session> {
  const { host, port, user, database } = options;
  const context = { host, port, user, database, account: null as string | null };
  const connection = await connectWithTls(options, context).catch(async (error: unknown) => {
    throw await explained(error, options, signal);
  });
  // Every command reports its own failure; this one keeps an idle connection's death from ending the process.
  connection.on('error', () => {});
  const session = sessionOn(connection, context, options, signal);
  try {
    await pinSession(session, options);
    // The account that a GRANT has to name is seldom the address that error messages name.
    const [row] = await session.query('SELECT CURRENT_USER() AS account');
    context.account = row!['account'];
    return session;
  } catch (error) {
    connection.destroy();
    throw error;
  }
}

function sessionOn(
  connection: Connection,
  context: ErrorContext,
  options: MysqlSourceOptions,
  signal: AbortSignal,
): Session {
  const session: Session = {
    connection,
    context,
    address: addressOf(connection, options),
    broken: false,
    query: (sql, values = []) =>
      session.command<RowDataPacket[]>(sql, (done) =>
        connection.query<RowDataPacket[]>(sql, [...values], done),
      ),
    command: (sql, start) =>
      new Promise((resolve, reject) => {
        const giveUp = (reason: unknown): void => {
          session.broken = true;
          settle();
          reject(reason);
        };
        const onAbort = (): void => giveUp(signal.reason);
        const timer = setTimeout(() => giveUp(silent(options)), options.idleTimeoutMs);
        const settle = (): void => {
          clearTimeout(timer);
          signal.removeEventListener('abort', onAbort);
        };
        signal.addEventListener('abort', onAbort);
        if (signal.aborted) return onAbort();
        start((error, result) => {
          settle();
          if (error === null) resolve(result);
          else reject(sourceError(error, { ...context, sql }));
        });
      }),
  };
  return session;
}

/** A certificate that is verified names the host, so the name must do then. */
function addressOf(connection: Connection, options: MysqlSourceOptions): string {
  const { stream } = connection as unknown as { stream: { remoteAddress?: string } };
  return options.tls === 'verify' ? options.host : (stream.remoteAddress ?? options.host);
}

/**
 * Sets what rows depend on: a server's globals and its `init_connect` may have set any of it otherwise, and a row that
 * is cut off or converted by them raises no error.
 */
async function pinSession(session: Session, options: MysqlSourceOptions): Promise<void> {
  // First of all: escaping relies on it (plan/sql.ts), and so does every text that is read.
  await session.query('SET NAMES utf8mb4');
  // What the user's own zone is must be known before it is replaced: DATETIME values are written in it.
  await session.query('SET @tidemark_zone = @@session.time_zone');
  await session.query(
    "SET SESSION time_zone = '+00:00', SESSION sql_mode = '', SESSION sql_select_limit = 18446744073709551615, " +
      `SESSION net_write_timeout = ${NET_WRITE_TIMEOUT_S}, SESSION wait_timeout = ${NET_WRITE_TIMEOUT_S}, ` +
      `SESSION lock_wait_timeout = ${options.lockWaitTimeoutS ?? LOCK_WAIT_TIMEOUT_S}`,
  );
  // With READ COMMITTED, a consistent snapshot would silently be none.
  await session.query('SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ');
  await session.query('SET SESSION TRANSACTION READ ONLY');
}

/** How long the server has to take leave, in milliseconds. */
const FAREWELL_MS = 5000;

/** Says goodbye, and waits until the server has closed: from then on it counts the connection no more. */
export function endSession({ connection }: Session): Promise<void> {
  const { stream } = connection as unknown as { stream: Socket };
  return new Promise((resolve) => {
    // A session that cannot even be ended politely is dropped: all that was wanted from it has been read.
    const drop = (): void => {
      clearTimeout(timer);
      connection.destroy();
      stream.destroy();
      resolve();
    };
    const timer = setTimeout(drop, FAREWELL_MS);
    if (stream.destroyed) return drop();
    stream.once('close', drop);
    connection.end();
  });
}

/** The error of a session that has said nothing for `idleTimeoutMs`. */
export function silent(options: MysqlSourceOptions): TidemarkError {
  return new TidemarkError(
    'CONNECTION_SILENT',
    `${options.host}:${options.port} sent nothing for ${options.idleTimeoutMs / 1000} s while a result was awaited.`,
  );
}

/** An unknown database is looked for from a session on none. */
async function explained(error: unknown, options: MysqlSourceOptions, signal: AbortSignal): Promise<unknown> {
  if (!(error instanceof TidemarkError) || error.code !== 'DATABASE_UNKNOWN') return error;
  let connection: Connection | null = null;
  try {
    connection = await connectWithTls({ ...options, database: '' }, options);
    const session = sessionOn(connection, options, options, signal);
    await pinSession(session, options);
    return await unknownDatabase(session, error);
  } catch {
    // Without a suggestion, then.
    return error;
  } finally {
    connection?.destroy();
  }
}

async function connectWithTls(options: MysqlSourceOptions, context: ErrorContext): Promise<Connection> {
  if (options.tls === 'disabled') return open(options, context, {});
  const verify = options.tls === 'verify';
  const ssl = {
    rejectUnauthorized: verify,
    verifyIdentity: verify,
    ...(options.tlsCa === null ? {} : { ca: await readAuthority(options.tlsCa) }),
  };
  try {
    return await open(options, context, { ssl });
  } catch (error) {
    // A server without TLS, or with one too old for this runtime.
    const plain =
      options.tls === 'preferred' && error instanceof TidemarkError && error.code === 'TLS_FAILED';
    if (plain) return open(options, context, {});
    throw error;
  }
}

async function readAuthority(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new TidemarkError('TLS_FAILED', `The certificate file ${path} cannot be read.`, { cause: error });
  }
}

function open(
  options: MysqlSourceOptions,
  context: ErrorContext,
  extra: ConnectionOptions,
): Promise<Connection> {
  return new Promise((resolve, reject) => {
    const connection = mysql.createConnection({
      host: options.host,
      port: options.port,
      user: options.user,
      password: options.password,
      ...(options.database === '' ? {} : { database: options.database }),
      charset: 'utf8mb4',
      connectTimeout: options.connectTimeoutMs,
      enableKeepAlive: true,
      // Metadata comes as text too; no value becomes a floating-point number or a Date.
      supportBigNumbers: true,
      bigNumberStrings: true,
      dateStrings: true,
      multipleStatements: false,
      // LOAD DATA LOCAL would let a hostile server read our files.
      flags: ['-LOCAL_FILES'],
      ...extra,
    });
    connection.once('error', () => {});
    connection.connect((error) => {
      if (error === null) {
        options.onConnection?.(1);
        const { stream } = connection as unknown as { stream: Socket };
        stream.once('close', () => options.onConnection?.(-1));
        return resolve(connection);
      }
      connection.destroy();
      reject(sourceError(error, context, 'connect'));
    });
  });
}
