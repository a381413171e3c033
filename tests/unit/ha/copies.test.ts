import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fetchCopy, publishCopy } from '../../../src/ha/copies.ts';
import type { Head, Kept, SharedState } from '../../../src/ha/shared-state.ts';
import { openState } from '../../../src/state/database.ts';
import { lead } from '../../../src/state/replica.ts';

let stateDir: string;
beforeEach(() => {
  stateDir = mkdtempSync(path.join(tmpdir(), 'tidemark-copies-'));
  const state = openState(stateDir);
  lead(state.db, 4, () => 'lineage');
  state.close();
});
afterEach(() => rmSync(stateDir, { recursive: true }));
const leftovers = (): string[] => readdirSync(stateDir).filter((name) => !name.startsWith('tidemark.db'));
const code = (wanted: string) => expect.objectContaining({ code: wanted });

/** @param answers to a copy whose pieces are there; the last one to all further ones. */
function memory(...answers: Kept[]) {
  const kept = { pieces: [] as Buffer[], head: null as Head | null };
  const shared = {
    server: 'redis:6379',
    look: () => Promise.resolve({ head: kept.head }),
    addPiece: (_copy: string, piece: Buffer) => Promise.resolve(void kept.pieces.push(piece)),
    piece: (_copy: string, index: number) => Promise.resolve(kept.pieces[index] ?? null),
    keepCopy(_token: number, head: Head) {
      kept.head = head;
      return Promise.resolve(answers.length > 1 ? answers.shift() : (answers[0] ?? 'kept'));
    },
  } as unknown as SharedState;
  return { shared, kept };
}
const publish = (shared: SharedState, hold = () => Promise.resolve()) =>
  publishCopy(shared, stateDir, 4, true, hold);

it('brings back what was sent, and leaves nothing else behind', async () => {
  const { shared, kept } = memory();
  writeFileSync(path.join(stateDir, 'outgoing.db-journal'), 'of one that was killed');
  expect(await publish(shared)).toBe(0);
  expect(leftovers()).toEqual([]);
  writeFileSync(path.join(stateDir, 'incoming.db-journal'), 'of one that was killed');
  const file = path.join(stateDir, 'incoming.db');
  expect(await fetchCopy(shared, kept.head!, stateDir)).toEqual({ file });
  expect(leftovers()).toEqual(['incoming.db']);
});

it('takes a lease again that has ended meanwhile, and sends nothing twice', async () => {
  const { shared, kept } = memory('free', 'free', 'kept');
  let held = 0;
  expect(await publish(shared, () => Promise.resolve(void held++))).toBe(0);
  expect(held).toBe(2);
  expect(kept.head!.copy.pieces).toBe(kept.pieces.length);
});

it('is tried again where Redis has lost a piece before the last one came; it counts for nothing', async () => {
  await expect(publish(memory('incomplete').shared)).rejects.toEqual(code('REDIS_UNREACHABLE'));
  expect(await publish(memory('lost').shared)).toBeNull();
  expect(leftovers()).toEqual([]);
});

it('cannot be made without the state file', async () => {
  rmSync(path.join(stateDir, 'tidemark.db'));
  await expect(publish(memory().shared)).rejects.toEqual(code('STATE_UNUSABLE'));
});

describe('of a copy in Redis', () => {
  it('says that a piece is missing, unless there is another copy by now', async () => {
    const { shared, kept } = memory();
    await publish(shared);
    const head = kept.head!;
    kept.pieces.pop();
    expect(await fetchCopy(shared, head, stateDir)).toBe('incomplete');
    kept.head = { ...head, copy: { ...head.copy, id: 'another' } };
    expect(await fetchCopy(shared, head, stateDir)).toBe('replaced');
    expect(leftovers()).toEqual([]);
  });

  it.each([
    ['is no archive', (piece: Buffer) => piece.fill(7)],
    ['has another beginning', (piece: Buffer) => piece.fill(7, 4, 8)],
  ])('refuses one that %s', async (_what, damage) => {
    const { shared, kept } = memory();
    await publish(shared);
    damage(kept.pieces[0]!);
    await expect(fetchCopy(shared, kept.head!, stateDir)).rejects.toEqual(code('STATE_DIVERGED'));
    expect(leftovers()).toEqual([]);
  });

  it('fails where it cannot be written', async () => {
    const { shared, kept } = memory();
    await publish(shared);
    const gone = path.join(stateDir, 'gone');
    await expect(fetchCopy(shared, kept.head!, gone)).rejects.toEqual(code('STATE_UNUSABLE'));
  });
});
