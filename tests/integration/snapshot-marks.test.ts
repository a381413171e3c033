/** Sessions whose snapshots are begun when they are told to, and anew; and what tells two snapshots apart. */
import type { SnapshotMark } from '../../src/lane-ports.ts';
import type { PendingSnapshot } from '../../src/ports.ts';
import { mysqlSource } from '../../src/sources/mysql/snapshot.ts';
import { NEVER } from '../support/installation.ts';
import { freshDatabase, serverVersion, sourceOptionsOf, type TestDatabase } from '../support/mysql.ts';

let database: TestDatabase;
let sessions: PendingSnapshot[] = [];
beforeAll(async () => {
  database = await freshDatabase();
  await database.connection.query('CREATE TABLE counter (n INT); INSERT INTO counter VALUES (1)');
});
afterEach(async () => {
  for (const session of sessions) await session.close();
  sessions = [];
});
afterAll(() => database.drop());

async function connected(): Promise<PendingSnapshot> {
  const session = await mysqlSource(sourceOptionsOf(database)).connect(NEVER);
  sessions.push(session);
  return session;
}
const count = () => database.connection.query('UPDATE counter SET n = n + 1');
const seen = async ({ snapshot }: PendingSnapshot) =>
  Number(await snapshot.scalar('SELECT n FROM counter', NEVER));

it('sees what was committed between connecting and beginning, and after that only what a new beginning shows', async () => {
  const session = await connected();
  await count();
  await session.begin(NEVER);
  const first = await seen(session);
  await count();
  expect(await seen(session)).toBe(first);
  await session.begin(NEVER);
  expect(await seen(session)).toBe(first + 1);
});

it('names the same server in every mark', async () => {
  const [one, other] = [await connected(), await connected()];
  const marks = [await one.begin(NEVER), await other.begin(NEVER)];
  const opened = await mysqlSource(sourceOptionsOf(database)).open(NEVER);
  await opened.close();
  expect(marks[0]!.server).toMatch(/.{8}/);
  expect(new Set([...marks, opened.mark!].map(({ server }) => server)).size).toBe(1);
});

it('marks snapshots of MariaDB with the place in the binary log that they are of, and no others', async () => {
  const { flavor } = await serverVersion(database);
  const [one, other] = [await connected(), await connected()];
  const before = await one.begin(NEVER);
  await count();
  const after = await one.begin(NEVER);
  if (flavor === 'mysql')
    return expect([before, after].map(({ position }) => position)).toEqual([null, null]);
  expect(before.position).toMatch(/^[^:]+\.\d+:\d+$/);
  expect(after.position).not.toBe(before.position);
  // Other test files write to the same server meanwhile: equal positions, and what they prove, come sooner or later.
  for (let tries = 0; ; tries++) {
    const marks: SnapshotMark[] = await Promise.all([one.begin(NEVER), other.begin(NEVER)]);
    if (marks[0]!.position !== marks[1]!.position && tries < 1000) continue;
    expect(marks[0]!.position).toBe(marks[1]!.position);
    return expect(await seen(one)).toBe(await seen(other));
  }
});

it('ends a beginning that nobody waits for any more', async () => {
  const session = await connected();
  const abort = new AbortController();
  const beginning = session.begin(abort.signal);
  abort.abort(new Error('enough'));
  await expect(beginning).rejects.toThrow('enough');
  await expect(session.begin(AbortSignal.abort(new Error('too late')))).rejects.toThrow('too late');
});
