/**
 * How far a server's rows can be complete: from its clock, the statements that are running, the transactions that are
 * open and the replication that feeds it to the `Horizon` of a snapshot. Pure; read-horizon.ts asks the server.
 *
 * NOW() is the beginning of a statement. A row that is committed after the snapshot, and shows a time before the
 * clock was read, comes from a statement that had begun by then. Either that statement is still running, and in the
 * list of statements, or it is over, and its transaction has written and is open. So these two are what holds a
 * horizon back; a transaction that has not written and has nothing running will write later times.
 */
import { TidemarkError } from '../../errors.ts';
import type { Horizon } from '../../ports.ts';

/** A statement that was running just after the clock was read; our own and those of replication left out. */
export interface RunningStatement {
  readonly thread: string;
  /** Whole seconds since it began, as the server counts them; null: it does not say. */
  readonly seconds: number | null;
  /** The beginning of its text; null: not known. */
  readonly text: string | null;
  /** Whether there is a `(` anywhere in it: it may then call a function, and a function may write. */
  readonly calls: boolean;
}

/** A transaction that was open after the statements had been looked at; our own left out. */
export interface OpenTransaction {
  /** `0`: of no session. Such is a prepared XA transaction. */
  readonly thread: string;
  /** Seconds since 1970 UTC, not after its beginning. */
  readonly started: bigint;
  readonly rowsModified: bigint;
  /** It is declared read-only, or is a SELECT of its own that locks nothing. */
  readonly readOnly: boolean;
  /** The beginning of the statement that it is running; null: none. */
  readonly text: string | null;
}

/** What a server says of one source it replicates from: seconds behind it; null: stopped, or not known. */
export interface ReplicaStatus {
  readonly secondsBehind: bigint | null;
}

export interface Sighting {
  /** The server's clock before anything else was looked at, in microseconds since 1970 UTC. */
  readonly now: bigint;
  readonly statements: readonly RunningStatement[];
  /** Null: they may not be seen. */
  readonly transactions: readonly OpenTransaction[] | null;
  readonly replicas: readonly ReplicaStatus[];
  /** What kept us from seeing more, in sentences. */
  readonly obstacles: readonly string[];
}

const SECOND = 1_000_000n;

/**
 * Ages are counted in whole seconds, and InnoDB's transaction begins a moment after NOW() was taken. A statement that
 * waited longer than this for its tables, and whose transaction is still open, is seen too young: the lag is for that.
 */
const MARGIN = SECOND;

/** Statements that give no row of an existing column a new value. They may take hours, or wait for hours. */
const CHANGES_NO_ROW =
  /^(alter|check|create\s+(\w+\s+)?index|drop|flush|kill|lock|optimize|rename|repair|show|truncate|unlock|use)\b/i;

/** Statements that write only through a function that they call. */
const READS = /^(select|do)\b/i;

/** Blanks, opening brackets and comments before a statement's first word. What `/*!` begins is no comment. */
const BEFORE_FIRST_WORD = /^(?:\s|\(|\/\*(?!M?!)[^]*?\*\/|--\s.*\n|#.*\n)+/;

/**
 * @returns what rows committed after a snapshot, opened after the sighting, can carry at the earliest.
 * @throws TidemarkError REPLICATION_STOPPED: what the replica has not received yet may carry any time since.
 */
export function horizonOf(sighting: Sighting): Horizon {
  const { now, statements, transactions, replicas, obstacles } = sighting;
  if (replicas.some(({ secondsBehind }) => secondsBehind === null)) {
    throw new TidemarkError(
      'REPLICATION_STOPPED',
      'The server is a replica whose replication is stopped, or does not say how far it is behind. Rows that it has not received yet would be missed.',
    );
  }
  const begins = [
    ...(transactions ?? []).filter(hasWritten).map(({ started }) => started * SECOND - MARGIN),
    ...statements
      .filter((statement) => mayWrite(statement, transactions ?? []))
      .map(({ seconds }) => before(now, BigInt(Math.max(0, seconds ?? 0)))),
    ...replicas.map(({ secondsBehind }) => before(now, secondsBehind ?? 0n)),
  ];
  const said = [...obstacles, ...replicaObstacles(replicas)];
  return {
    now,
    oldestWrite: begins.length === 0 ? null : begins.reduce((low, one) => (one < low ? one : low)),
    blind: said.length === 0 ? null : said.join(' '),
  };
}

function before(now: bigint, seconds: bigint): bigint {
  return now - seconds * SECOND - MARGIN;
}

function hasWritten({ rowsModified, text }: OpenTransaction): boolean {
  // ALTER TABLE counts the rows that it copies.
  return rowsModified > 0n && !CHANGES_NO_ROW.test(firstWords(text));
}

function mayWrite(statement: RunningStatement, transactions: readonly OpenTransaction[]): boolean {
  const transaction = transactions.find(({ thread }) => thread === statement.thread);
  // The transactions were looked at later: whatever the thread did before its read-only one is over and committed.
  if (transaction?.readOnly === true) return false;
  const words = firstWords(statement.text);
  if (CHANGES_NO_ROW.test(words)) return false;
  // InnoDB opens a transaction that may write for a SELECT whose functions may, and none for a SELECT SLEEP(…).
  if (READS.test(words)) return transaction !== undefined && statement.calls;
  return true;
}

function firstWords(text: string | null): string {
  return (text ?? '').replace(BEFORE_FIRST_WORD, '');
}

function replicaObstacles(replicas: readonly ReplicaStatus[]): string[] {
  if (replicas.length === 0) return [];
  return [
    'The server is a replica: transactions that are open on its source cannot be seen, so the lag has to be longer ' +
      'than they last.',
  ];
}
