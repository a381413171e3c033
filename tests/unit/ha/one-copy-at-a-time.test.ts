import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { beginLeading } from '../../../src/ha/leading.ts';
import type { Head, SharedState } from '../../../src/ha/shared-state.ts';
import { positionOf } from '../../../src/state/changes.ts';
import { openState, type StateDatabase } from '../../../src/state/database.ts';
import { pauseTask } from '../../../src/state/pauses.ts';
import { waitFor } from '../../support/wait-for.ts';

let stateDir: string;
let state: StateDatabase;
beforeEach(() => {
  stateDir = mkdtempSync(path.join(tmpdir(), 'tidemark-leading-'));
  state = openState(stateDir);
});
afterEach(() => {
  state.close();
  rmSync(stateDir, { recursive: true });
});

it('makes one copy of its state at a time, whatever asks for it', async () => {
  let head: Head | null = null;
  let isLost = false;
  let copies = 0;
  const under = new Set<string>();
  let most = 0;
  const shared = {
    server: 'redis:6379',
    // There is so much of changes that a new copy is due.
    look: () => Promise.resolve({ head: head && { ...head, logged: 1e9 }, members: [] }),
    renew: () => Promise.resolve('held'),
    release: () => Promise.resolve(),
    join: () => Promise.resolve(),
    append() {
      if (isLost) return Promise.resolve('empty');
      const { seq, digest } = positionOf(state.db)!;
      return Promise.resolve({ seq, digest });
    },
    countPieces: () => Promise.resolve(head!.copy.pieces),
    async addPiece(id: string) {
      under.add(id);
      most = Math.max(most, under.size);
      for (let turns = 0; turns < 20; turns++) await turn();
    },
    keepCopy(_token: number, next: Head, anew: boolean) {
      under.delete(next.copy.id);
      head = next;
      if (anew) isLost = false;
      copies++;
      return Promise.resolve('kept');
    },
  } as unknown as SharedState;
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const leading = beginLeading({ token: 1, anew: true, seeds: false }, { shared, state, stateDir, log });
  const leadership = await leading;
  // It begins to look whether a copy is due at once, and Redis has just lost the state.
  isLost = true;
  pauseTask(state.db, 'a', { actor: 'a@b', at: new Date() });
  await leadership.settled();
  await waitFor('both copies', () => (copies >= 3 ? true : null));
  expect(most).toBe(1);
  expect(leadership.isLost()).toBe(false);
  await leadership.stop();
});
