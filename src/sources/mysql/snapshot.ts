/**
 * One consistent, read-only snapshot of a server: everything read through it is of the same moment.
 */
import type { OutputColumn, ServerIdentity } from '../../domain/plan.ts';
import { TidemarkError } from '../../errors.ts';
import type { ReadingCount } from '../../lane-ports.ts';
import type {
  Horizon,
  LoadQuestion,
  PendingSnapshot,
  RowStream,
  ServerLoad,
  Snapshot,
  SnapshotNeeds,
  Source,
} from '../../ports.ts';
import { beginSnapshot } from './begin.ts';
import { connect, endSession, type MysqlSourceOptions, type Session } from './connect.ts';
import type { GiveBack } from './connection-cap.ts';
import { setHmacKey } from './hmac-key.ts';
import { identify } from './identify.ts';
import { mysqlReferee } from './referee.ts';
import { unkeptTables } from './kept.ts';
import { keyQuestions } from './key-questions.ts';
import { serverLoad } from './server-load.ts';
import { killSession, onSideSession } from './side-session.ts';
import { describeQuery, explain, tableFacts } from './metadata.ts';
import { columnOfResult } from './columns.ts';
import { readHorizon } from './read-horizon.ts';
import { streamRows } from './row-stream.ts';
import { readScalar } from './scalar.ts';
import { limitStatements } from './time-limit.ts';
import { wallClock } from './wall-clock.ts';

export function mysqlSource(options: MysqlSourceOptions): Source {
  const reading = options.reading ?? ownReading();
  return {
    load: (question, signal) => loadOf(options, reading, question, signal),
    referee: (tables) => mysqlReferee(options, tables),
    async connect(signal, needs) {
      const { abandon: _, ...pending } = await connectPending(options, reading, signal, needs);
      return pending;
    },
    async open(signal, needs) {
      const pending = await connectPending(options, reading, signal, needs);
      try {
        const mark = await pending.begin(signal);
        return { ...pending.snapshot, mark };
      } catch (error) {
        await pending.abandon();
        throw error;
      }
    },
  };
}

interface Connected extends PendingSnapshot {
  /** Closes a session of which nothing is wanted any more, not even that the server hears of it in time. */
  abandon(): Promise<void>;
}

async function connectPending(
  options: MysqlSourceOptions,
  reading: ReadingCount,
  signal: AbortSignal,
  needs: SnapshotNeeds | undefined,
): Promise<Connected> {
  signal.throwIfAborted();
  const giveBack = await placeFor(options, signal, needs?.onWait);
  const session = await connect(options, signal).catch((error: unknown) => {
    giveBack();
    throw error;
  });
  const abandon = async (): Promise<void> => {
    if (session.broken) session.connection.destroy();
    else await endSession(session);
    giveBack();
  };
  try {
    const server = await identify(session);
    const timeLeftMs = needs?.timeLeftMs ?? null;
    if (timeLeftMs !== null) await limitStatements(session, server, timeLeftMs);
    // Before the snapshot: what is committed between the two is then in it, and in doubt is only what comes later.
    const horizon = needs?.horizon === true ? await readHorizon(session, server, signal) : null;
    const hmac = needs?.hmac === true ? await setHmacKey(session, options.hmacKey) : null;
    signal.throwIfAborted();
    const snapshot = { ...snapshotOf(session, options, reading, server, horizon, giveBack), hmac };
    const begin: Connected['begin'] = async (beginSignal) => {
      const mark = await beginSnapshot(session, server, beginSignal);
      beginSignal.throwIfAborted();
      return mark;
    };
    return { server, snapshot, begin, close: snapshot.close, abandon };
  } catch (error) {
    await abandon();
    throw error;
  }
}

/** Waits until the cap on connections has room for one more. */
async function placeFor(
  { cap }: MysqlSourceOptions,
  signal: AbortSignal,
  onWait: SnapshotNeeds['onWait'] = () => {},
): Promise<GiveBack> {
  if (cap === null || cap === undefined) return () => {};
  let waited = false;
  const giveBack = await cap.reader(signal, () => {
    waited = true;
    onWait(`the source's max_connections, ${cap.max}, are in use`);
  });
  if (waited) onWait(null);
  return giveBack;
}

function ownReading(): ReadingCount {
  let results = 0;
  return { results: () => results, add: (change) => void (results += change) };
}

function loadOf(
  options: MysqlSourceOptions,
  reading: ReadingCount,
  question: LoadQuestion,
  signal: AbortSignal,
): Promise<ServerLoad> {
  return onSideSession(options, signal, async (side) =>
    serverLoad(side, await identify(side), question, reading.results()),
  );
}

function snapshotOf(
  session: Session,
  options: MysqlSourceOptions,
  reading: ReadingCount,
  server: ServerIdentity,
  horizon: Horizon | null,
  giveBack: GiveBack,
): Snapshot {
  /** A session whose result was not read to its end can answer nothing more. */
  const whole = async <T>(done: Promise<T>): Promise<T> => {
    reading.add(1);
    try {
      return await done;
    } catch (error) {
      session.broken = true;
      throw error;
    } finally {
      reading.add(-1);
    }
  };
  return {
    server,
    horizon,
    tableFacts: (table) => tableFacts(session, table),
    describeQuery: (sql) => describeQuery(session, sql),
    explain: (sql) => explain(session, server, sql),
    unkept: (sql) => unkeptTables(session, sql),
    wallClock: (instant) => wallClock(session, instant),
    keys: keyQuestions(session, server),
    scalar: (sql, signal) => whole(readScalar(session, options, sql, signal)),
    rows(sql, expected, onRow, signal) {
      const stream = streamRows(
        session,
        options,
        sql,
        (fields) => checkColumns(fields.map(columnOfResult), expected, sql),
        onRow,
        signal,
      );
      const done = whole(stream.done);
      return { pause: stream.pause, resume: stream.resume, done } satisfies RowStream;
    },
    load: (question, signal) => loadOf({ ...options, host: session.address }, reading, question, signal),
    async close() {
      if (session.broken) {
        session.connection.destroy();
        await killSession(options, session);
      } else await endSession(session);
      giveBack();
    },
  };
}

/** A table altered between planning and reading would put values under the wrong headings. */
function checkColumns(found: readonly OutputColumn[], expected: readonly OutputColumn[], sql: string): void {
  const names = (columns: readonly OutputColumn[]): string => columns.map((column) => column.name).join(', ');
  if (names(found) === names(expected)) return;
  throw new TidemarkError(
    'TABLE_CHANGED',
    `The result has the columns ${names(found)} where ${names(expected)} were planned.`,
    { sql },
  );
}
