/** Which statements and transactions hold a horizon back, and how far. */
import {
  horizonOf,
  type OpenTransaction,
  type RunningStatement,
  type Sighting,
} from '../../../../src/sources/mysql/horizon.ts';

const NOW = 1_800_000_000_123_456n;
const SECOND = 1_000_000n;

const sighting = (more: Partial<Sighting> = {}): Sighting => ({
  now: NOW,
  statements: [],
  transactions: [],
  replicas: [],
  obstacles: [],
  ...more,
});
const statement = (text: string | null, more: Partial<RunningStatement> = {}): RunningStatement => ({
  thread: '7',
  seconds: 10,
  text,
  calls: text?.includes('(') ?? true,
  ...more,
});
const transaction = (more: Partial<OpenTransaction> = {}): OpenTransaction => ({
  thread: '7',
  started: 1_799_999_000n,
  rowsModified: 0n,
  readOnly: false,
  text: null,
  ...more,
});
/** Ten seconds, and one to be on the safe side. */
const TEN_SECONDS_AGO = NOW - 11n * SECOND;

it('is the clock alone where nothing is open', () => {
  expect(horizonOf(sighting())).toEqual({ now: NOW, oldestWrite: null, blind: null });
});

it('is held back by the oldest of the transactions that have written', () => {
  const transactions = [
    transaction({ thread: '7', rowsModified: 1n, started: 1_799_999_900n }),
    transaction({ thread: '8', rowsModified: 5n, started: 1_799_999_500n }),
    transaction({ thread: '9', rowsModified: 0n, started: 1_799_999_100n }),
  ];
  expect(horizonOf(sighting({ transactions })).oldestWrite).toBe(1_799_999_499n * SECOND);
});

it('is held back by a prepared transaction of no session', () => {
  const transactions = [transaction({ thread: '0', rowsModified: 1n, started: 1_799_990_000n })];
  expect(horizonOf(sighting({ transactions })).oldestWrite).toBe(1_799_989_999n * SECOND);
});

it.each<[string, OpenTransaction]>([
  ['has not written and does nothing', transaction()],
  ['is a copy that ALTER TABLE makes', transaction({ rowsModified: 99n, text: 'ALTER TABLE t ADD x INT' })],
])('is not held back by a transaction that %s', (_, open) => {
  expect(horizonOf(sighting({ transactions: [open] })).oldestWrite).toBeNull();
});

it.each([
  'INSERT INTO t VALUES (1)',
  'update t set v = 1',
  'REPLACE t VALUES (1)',
  'LOAD DATA LOCAL INFILE "x" INTO TABLE t',
  'CALL p()',
  'WITH a AS (SELECT 1) UPDATE t, a SET t.v = 1',
  'COMMIT',
  '/*!50000 INSERT t */ SELECT 1',
  '/*M! INSERT t */ SELECT 1',
  '/* a comment that is not closed within what is shown SELECT 1',
  'CREATE TABLE u SELECT * FROM t',
  'ANALYZE UPDATE t SET v = 1',
  'selection',
  '',
  null,
])('is held back by a running statement that may write: %s', (text) => {
  // Whatever waits for a lock on its tables has no transaction yet.
  expect(horizonOf(sighting({ statements: [statement(text)] })).oldestWrite).toBe(TEN_SECONDS_AGO);
  // Of the transaction, nothing but this statement can be what writes.
  const both = sighting({ statements: [statement(text)], transactions: [transaction()] });
  expect(horizonOf(both).oldestWrite).toBe(TEN_SECONDS_AGO);
});

it.each([
  'SELECT SLEEP(1000)',
  '  (select 1) union (select 2)',
  "/* from: a report */ SELECT COUNT(*) FROM information_schema.TABLES -- or '",
  '-- a comment\n# and another\nSELECT 1',
  "DO GET_LOCK('a', 1000)",
  'ALTER TABLE t ADD COLUMN v INT',
  'CREATE UNIQUE INDEX i ON t (v)',
  'create index i on t (v)',
  'OPTIMIZE TABLE t',
  'SHOW PROCESSLIST',
  'FLUSH TABLES WITH READ LOCK',
])('is not held back by a running statement that writes no row: %s', (text) => {
  expect(horizonOf(sighting({ statements: [statement(text)] })).oldestWrite).toBeNull();
});

it('is held back by a SELECT only where InnoDB lets it write and it may call what writes', () => {
  const beside = (text: string, open: OpenTransaction) =>
    horizonOf(sighting({ statements: [statement(text)], transactions: [open] })).oldestWrite;
  expect(beside('SELECT book(1)', transaction())).toBe(TEN_SECONDS_AGO);
  expect(beside('SELECT book(1)', transaction({ thread: '8' }))).toBeNull();
  expect(beside('SELECT book(1)', transaction({ readOnly: true }))).toBeNull();
  // As mysqldump does for hours.
  expect(beside('SELECT /*!40001 SQL_NO_CACHE */ `id` FROM `t`', transaction())).toBeNull();
});

it('is not held back by a statement whose thread has gone on to a transaction that cannot write', () => {
  const statements = [statement('INSERT INTO t VALUES (1)')];
  expect(
    horizonOf(sighting({ statements, transactions: [transaction({ readOnly: true })] })).oldestWrite,
  ).toBeNull();
  expect(
    horizonOf(sighting({ statements, transactions: [transaction({ thread: '8', readOnly: true })] }))
      .oldestWrite,
  ).toBe(TEN_SECONDS_AGO);
});

it.each([
  [0, 1n],
  // SET TIMESTAMP moves the beginning of a statement, also to the future.
  [-500, 1n],
  [null, 1n],
  [3600, 3601n],
])('takes a statement of %s seconds as begun %s seconds ago', (seconds, before) => {
  const statements = [statement('UPDATE t SET v = 1', { seconds })];
  expect(horizonOf(sighting({ statements })).oldestWrite).toBe(NOW - before * SECOND);
});

it('sees statements also where it may not see transactions, and says what keeps it from more', () => {
  const statements = [statement('UPDATE t SET v = 1'), statement('SELECT f()')];
  const horizon = horizonOf(sighting({ statements, transactions: null, obstacles: ['One.', 'Two.'] }));
  expect(horizon).toEqual({ now: NOW, oldestWrite: TEN_SECONDS_AGO, blind: 'One. Two.' });
});

it('is held back by how far a replica is behind, and says what a replica cannot see', () => {
  const replicas = [{ secondsBehind: 0n }, { secondsBehind: 90n }];
  const horizon = horizonOf(sighting({ replicas }));
  expect(horizon.oldestWrite).toBe(NOW - 91n * SECOND);
  expect(horizon.blind).toMatch(/^The server is a replica: .* the lag has to be longer than they last\.$/);
});

it('is none where a replica does not know how far it is behind', () => {
  const replicas = [{ secondsBehind: 5n }, { secondsBehind: null }];
  expect(() => horizonOf(sighting({ replicas }))).toThrow(/would be missed/);
});
