/**
 * Applications that write to the tables of the incremental task while it is killed: rows inserted and updated at once,
 * and transactions that stay open for seconds, over the end of one run and the beginning of the next, before they are
 * committed or rolled back. What was committed is for the database to say.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import mysql, { type Connection } from 'mysql2/promise';
import type { TestDatabase } from '../../support/mysql.ts';
import { chanceFrom, type Chance } from './random.ts';

/** Rows of `accounts` at the beginning. */
const ACCOUNTS = 200;

export interface WriterOptions {
  /** Of what they write and how long they wait. */
  readonly seed: number;
  /** How long a transaction stays open at most; by default three seconds. */
  readonly longestTransactionMs?: number;
}

/** What a server says of a transaction that lost against another one, or of a session that was killed. */
const PASSING = new Set([
  'ER_LOCK_DEADLOCK',
  'ER_LOCK_WAIT_TIMEOUT',
  'ER_QUERY_INTERRUPTED',
  'ER_CONNECTION_KILLED',
  'PROTOCOL_CONNECTION_LOST',
  'ECONNRESET',
  'EPIPE',
]);

/** `entries` is inserted into only; rows of `accounts` are updated, and their times are whole seconds. */
export async function createTables(connection: Connection): Promise<void> {
  await connection.query(`
    CREATE TABLE entries (
      id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
      note VARCHAR(400) NOT NULL,
      created_at TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
      KEY (created_at)
    ) ENGINE=InnoDB;
    CREATE TABLE accounts (
      id INT NOT NULL PRIMARY KEY,
      version INT NOT NULL,
      note VARCHAR(400) NOT NULL,
      updated_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
      KEY (updated_at)
    ) ENGINE=InnoDB`);
  const accounts = Array.from({ length: ACCOUNTS }, (_, id) => [id + 1, 1, noteOf(id)]);
  await connection.query('INSERT INTO accounts (id, version, note) VALUES ?', [accounts]);
  const entries = Array.from({ length: 300 }, (_, id) => [noteOf(id)]);
  await connection.query('INSERT INTO entries (note) VALUES ?', [entries]);
  await connection.query('ANALYZE TABLE entries, accounts'); // what a batch will hold is estimated from it
}

export interface Writers {
  /** Ends all transactions. Rejects where a writer failed in a way that it should not have. */
  stop(): Promise<void>;
}

export function startWriters(database: TestDatabase, options: WriterOptions): Writers {
  const { seed, longestTransactionMs: longest = 3000 } = options;
  const stopping = new AbortController();
  const pause = (ms: number): Promise<unknown> =>
    sleep(ms, undefined, { signal: stopping.signal }).catch(() => undefined);

  const write = async (turn: Turn, index: number): Promise<void> => {
    const chance = chanceFrom(seed + index);
    let connection = await connect(database);
    while (!stopping.signal.aborted) {
      try {
        await turn(connection, chance, pause, longest);
      } catch (error) {
        if (!PASSING.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
        connection.destroy();
        connection = await connect(database);
      }
    }
    await connection.end().catch(() => connection.destroy());
  };
  const turns: Turn[] = [insert, update, holdOpen, holdOpen, holdOpen, waitThenWrite];
  const all = Promise.all(turns.map(write));
  all.catch(() => {}); // is told to who stops them
  return {
    async stop() {
      stopping.abort();
      await all;
    },
  };
}

type Turn = (
  connection: Connection,
  chance: Chance,
  pause: (ms: number) => Promise<unknown>,
  longest: number,
) => Promise<void>;

async function connect(database: TestDatabase): Promise<Connection> {
  const { host, port, user, password, name } = database;
  const connection = await mysql.createConnection({ host, port, user, password, database: name });
  connection.on('error', () => {}); // a session may be killed; its next statement says so
  return connection;
}

function noteOf(number: number): string {
  return `${number}: "quoted", and `.padEnd(120 + ((number * 37) % 200), 'a line of text\n');
}

async function insertSome(connection: Connection, chance: Chance): Promise<void> {
  const rows = Array.from({ length: 1 + chance.below(8) }, () => [noteOf(chance.below(100_000))]);
  await connection.query('INSERT INTO entries (note) VALUES ?', [rows]);
}

async function updateSome(connection: Connection, chance: Chance): Promise<void> {
  const ids = Array.from({ length: 1 + chance.below(3) }, () => 1 + chance.below(ACCOUNTS));
  await connection.query('UPDATE accounts SET version = version + 1, note = ? WHERE id IN (?)', [
    noteOf(chance.below(100_000)),
    ids,
  ]);
}

async function insert(...[connection, chance, pause]: Parameters<Turn>): Promise<void> {
  await insertSome(connection, chance);
  await pause(chance.below(100));
}

/** Waits for whoever holds the rows, at times for seconds: what it then writes is as old as its beginning. */
async function update(...[connection, chance, pause]: Parameters<Turn>): Promise<void> {
  await updateSome(connection, chance);
  await pause(chance.below(100));
}

async function holdOpen(...[connection, chance, pause, longest]: Parameters<Turn>): Promise<void> {
  await connection.beginTransaction();
  await insertSome(connection, chance);
  if (chance.fraction() < 0.5) await updateSome(connection, chance);
  await pause(chance.below(longest));
  await insertSome(connection, chance);
  if (chance.fraction() < 0.2) await connection.rollback();
  else await connection.commit();
  // Were there always an open transaction, windows would be as long as transactions are.
  await pause(chance.below(longest / 2));
}

/** Its first row is much younger than its transaction. */
async function waitThenWrite(...[connection, chance, pause, longest]: Parameters<Turn>): Promise<void> {
  await connection.query('START TRANSACTION WITH CONSISTENT SNAPSHOT');
  await pause(chance.below(longest / 2));
  await insertSome(connection, chance);
  await updateSome(connection, chance);
  await pause(chance.below(longest / 2));
  await connection.commit();
}
