import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { followUntilLeading, type FollowOptions } from '../../../src/ha/following.ts';
import type { SharedState, Standpoint, View } from '../../../src/ha/shared-state.ts';
import { openFollower, type StateDatabase } from '../../../src/state/database.ts';
import { follow, lead, noteMembers } from '../../../src/state/replica.ts';

let stateDir: string;
let state: StateDatabase;
beforeEach(() => {
  stateDir = mkdtempSync(path.join(tmpdir(), 'tidemark-following-'));
  state = openFollower(stateDir);
});
afterEach(() => {
  state.close();
  rmSync(stateDir, { recursive: true });
});

/** A Redis that has lost all, and who takes the lease there. What is done to it is kept in order. */
function emptied(said: () => ReadonlyMap<string, Standpoint>) {
  const done: string[] = [];
  let lease: View['lease'] = null;
  let given = 0;
  const shared = {
    server: 'redis:6379',
    look: () =>
      Promise.resolve({
        head: null,
        lease,
        lastToken: 0,
        given,
        released: true,
        changes: [],
        members: [],
        connection: 1,
      }),
    acquire(floor: number) {
      given = Math.max(given, floor) + 1;
      lease = { token: given, holder: { node: 'a', host: 'one', pid: 1 } };
      done.push(`took ${given}`);
      return Promise.resolve(given);
    },
    renew: () => Promise.resolve('held'),
    release(token: number) {
      lease = null;
      done.push(`gave ${token} back`);
      return Promise.resolve();
    },
    join: () => Promise.resolve(void done.push('joined')),
    stand: () => Promise.resolve(),
    standpoints: () => Promise.resolve(new Map(said())),
  } as unknown as SharedState;
  return { shared, done, gives: (to: View['lease']) => void (lease = to) };
}

const optionsOf = (shared: SharedState, stopping: AbortController, looks = Infinity): FollowOptions => ({
  shared,
  state,
  stateDir,
  me: { node: 'a', host: 'one' },
  seed: false,
  onStatus: () => void (--looks === 0 && stopping.abort()),
  log: { debug() {}, info() {}, warn() {}, error() {} },
});

it('gives the lease back where another has to be heard first, who says nothing while somebody holds it', async () => {
  lead(state.db, 4, () => 'lineage');
  follow(state.db);
  noteMembers(state.db, [{ node: 'b', host: 'two' }], new Date());
  const other = new Map([['b', { host: 'two', lineage: 'lineage', seq: 0, token: 4 }]]);
  // What the other one has said ends at the very moment that this one has taken the lease.
  const redis = emptied(() => (redis.done.at(-1) === 'took 5' ? new Map() : other));
  const won = await followUntilLeading(optionsOf(redis.shared, new AbortController()), AbortSignal.any([]));
  expect(redis.done).toEqual(['joined', 'took 5', 'gave 5 back', 'took 6']);
  expect(won).toMatchObject({ token: 6, anew: true });
});

it('does not take the lease of another for its own, who was given the same token', async () => {
  lead(state.db, 4, () => 'lineage');
  follow(state.db);
  const redis = emptied(() => new Map());
  const stopping = new AbortController();
  const { acquire } = redis.shared;
  redis.shared.acquire = async (floor) => {
    const token = await acquire(floor);
    // Redis loses that, and gives the number out again.
    redis.gives({ token: token!, holder: { node: 'b', host: 'two', pid: 2 } });
    return token;
  };
  const statuses: (string | null)[] = [];
  const options = optionsOf(redis.shared, stopping);
  const onStatus: FollowOptions['onStatus'] = ({ leader }) => {
    statuses.push(leader?.host ?? null);
    stopping.abort();
  };
  expect(await followUntilLeading({ ...options, onStatus }, stopping.signal)).toBeNull();
  expect(statuses).toEqual(['two']);
});

it('is nobody to wait for while it has no copy', async () => {
  const stopping = new AbortController();
  const ahead = new Map([['b', { host: 'two', lineage: 'lineage', seq: 9, token: 4 }]]);
  const redis = emptied(() => ahead);
  expect(await followUntilLeading(optionsOf(redis.shared, stopping, 3), stopping.signal)).toBeNull();
  expect(redis.done).toEqual([]);
});
