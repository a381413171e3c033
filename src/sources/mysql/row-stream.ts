/**
 * Rows as the server sent them, past mysql2's row parser.
 *
 * mysql2's Query command is a state machine: each state takes a packet and returns the next state. `fieldsEOF`
 * returns `this.row`, so a `row` of our own on the one command object receives every row packet of the result.
 * Connection, TLS, authentication, compression and packets over 16 MB stay mysql2's business. mysql2 is pinned;
 * tests/integration/row-stream.test.ts fails if this seam moves.
 *
 * Text protocol: https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_query_response_text_resultset.html
 */
import type { Connection, FieldPacket } from 'mysql2';
import { TidemarkError } from '../../errors.ts';
import type { RowHandler, RowStream } from '../../ports.ts';
import { sourceError } from './errors.ts';
import { silent, type MysqlSourceOptions, type Session } from './connect.ts';
import { isWorking } from './side-session.ts';

/** mysql2's packet, as far as this seam uses it; the parser reuses one object for all packets. */
interface RawPacket {
  readonly buffer: Buffer;
  readonly offset: number;
  readonly end: number;
  isEOF(): boolean;
}

type State = (packet: RawPacket, connection: Connection) => State | null;

/** mysql2's Query command. */
interface RawQuery {
  row: State;
  on(event: 'fields', listener: (fields: FieldPacket[] | undefined) => void): void;
  on(event: 'error', listener: (error: Error) => void): void;
  on(event: 'end', listener: () => void): void;
}

/** The socket below the connection. Pausing the connection itself would copy every packet already received. */
interface RawSocket {
  readonly bytesRead: number;
  pause(): void;
  resume(): void;
  destroy(): void;
}

const SILENCE_CHECKS = 10;

/**
 * Runs a SELECT and hands each row packet to `onRow`.
 *
 * `done` resolves only after the protocol's EOF packet: a connection that closes early is an error, never an end.
 *
 * @param onFields sees the result's columns before the first row; may throw to refuse them.
 * @throws through `done`: TidemarkError, or what `onFields` and `onRow` throw, or the signal's reason. The session
 *   is unusable after a rejection.
 */
export function streamRows(
  session: Session,
  options: MysqlSourceOptions,
  sql: string,
  onFields: (fields: readonly FieldPacket[]) => void,
  onRow: RowHandler,
  signal: AbortSignal,
): RowStream {
  const { connection } = session;
  const socket = (connection as unknown as { stream: RawSocket }).stream;
  let paused = false;
  let complete = false;
  let failure: unknown = null;
  const settled = Promise.withResolvers<void>();

  const command = connection.query(sql) as unknown as RawQuery;

  const unsubscribe = (): void => {
    clearInterval(watchdog);
    signal.removeEventListener('abort', onAbort);
    connection.off('error', onError);
  };
  const stop = (reason: unknown): void => {
    if (failure !== null || complete) return;
    failure = reason;
    unsubscribe();
    connection.destroy();
    // mysql2 ends its side of the socket politely, which a paused or hung peer would never notice.
    socket.destroy();
    settled.reject(reason);
  };
  const onAbort = (): void => stop(signal.reason);
  const onError = (error: unknown): void => stop(sourceError(error, { ...session.context, sql }));

  // A hung server or a dead network path sends no error; only the absence of bytes tells.
  let seen = -1;
  let quietChecks = 0;
  const watchdog = setInterval(
    () => {
      quietChecks = paused || socket.bytesRead !== seen ? 0 : quietChecks + 1;
      seen = socket.bytesRead;
      if (quietChecks < SILENCE_CHECKS) return;
      quietChecks = 0;
      const received = seen;
      void isWorking(options, session).then((working) => {
        if (!working && socket.bytesRead === received) stop(silent(options));
      });
    },
    Math.max(10, options.idleTimeoutMs / SILENCE_CHECKS),
  );
  signal.addEventListener('abort', onAbort);
  if (signal.aborted) onAbort();

  const mysql2Row = command.row;
  const takeRow: State = function (this: RawQuery, packet, rawConnection) {
    if (packet.isEOF()) {
      complete = failure === null;
      return mysql2Row.call(this, packet, rawConnection);
    }
    if (failure !== null) return takeRow;
    try {
      onRow(packet.buffer, packet.offset, packet.end);
    } catch (error) {
      stop(error);
    }
    return takeRow;
  };
  command.row = takeRow;

  command.on('fields', (fields) => {
    try {
      if (fields === undefined)
        throw new TidemarkError('QUERY_WRITES', 'The statement returned no result set.', { sql });
      onFields(fields);
    } catch (error) {
      stop(error);
    }
  });
  command.on('error', onError);
  command.on('end', () => {
    if (failure !== null) return;
    if (!complete) {
      return stop(
        new TidemarkError('CONNECTION_LOST', 'The result ended without the protocol’s EOF packet.', { sql }),
      );
    }
    unsubscribe();
    // Whoever has paused it meanwhile has what there is; the session's next result comes over the same socket.
    if (paused) socket.resume();
    settled.resolve();
  });
  // Without a callback on the command, mysql2 reports a dead connection on the connection.
  connection.on('error', onError);

  return {
    pause() {
      if (paused || complete || failure !== null) return;
      paused = true;
      socket.pause();
    },
    resume() {
      if (!paused || complete || failure !== null) return;
      paused = false;
      socket.resume();
    },
    done: settled.promise,
  };
}
