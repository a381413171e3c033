/**
 * Rows do not depend on how a server is set up: whatever its globals and its init_connect make of a new session, the
 * charset, the row limit and the zone of ours are known. Needs a server of its own, as globals are everybody's.
 */
import type { OutputColumn } from '../../src/domain/plan.ts';
import { mysqlSource } from '../../src/sources/mysql/snapshot.ts';
import { NEVER } from '../support/installation.ts';
import {
  freshDatabase,
  grantReader,
  sourceOptionsOf,
  startMariaDb,
  type MySqlServer,
  type TestDatabase,
} from '../support/mysql.ts';

const TEXT = 'grüße 😀';

let server: MySqlServer;
let database: TestDatabase;
beforeAll(async () => {
  server = await startMariaDb();
  database = await freshDatabase(server.url);
  await database.connection.query(
    'CREATE TABLE t (id INT PRIMARY KEY, a VARCHAR(20)) DEFAULT CHARSET utf8mb4',
  );
  await database.connection.query(`INSERT INTO t VALUES (1, '${TEXT}'), (2, '${TEXT}'), (3, '${TEXT}')`);
});
afterAll(async () => {
  await database.drop();
  await server.stop();
});

/** All rows of `t` as the wire brings them, and how many columns information_schema shows. */
async function read(): Promise<{ rows: string[]; columns: number }> {
  const { user, password } = await grantReader(database);
  const options = sourceOptionsOf({ ...database, user, password });
  const snapshot = await mysqlSource({ ...options, tls: 'disabled' }).open(NEVER);
  try {
    const facts = await snapshot.tableFacts('t');
    const expected: OutputColumn[] = ['id', 'a'].map((column) => ({
      name: column,
      mysqlType: 'text',
      nullable: true,
      kind: 'text',
    }));
    const rows: string[] = [];
    // Two values shorter than 251 bytes: a length byte before each.
    const onRow = (packet: Buffer, start: number, end: number): void =>
      void rows.push(packet.toString('utf8', start + 3, end));
    await snapshot.rows('SELECT id, a FROM t ORDER BY id', expected, onRow, NEVER).done;
    return { rows, columns: facts.columns.length };
  } finally {
    await snapshot.close();
  }
}

it.each([
  ['init_connect', "'SET NAMES latin1'", "''"],
  ['init_connect', "'SET NAMES utf8mb3'", "''"],
  ['init_connect', "'SET sql_select_limit = 2'", "''"],
  ['sql_select_limit', '1', '18446744073709551615'],
  ['sql_mode', "'ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PAD_CHAR_TO_FULL_LENGTH'", "''"],
  ['tx_isolation', "'READ-COMMITTED'", "'REPEATABLE-READ'"],
])('are whole and unchanged under %s = %s', async (variable, value, before) => {
  await database.connection.query(`SET GLOBAL ${variable} = ${value}`);
  try {
    expect(await read()).toEqual({ rows: [TEXT, TEXT, TEXT], columns: 2 });
  } finally {
    await database.connection.query(`SET GLOBAL ${variable} = ${before}`);
  }
});
