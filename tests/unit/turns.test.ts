/** The turn of a slot: it waits for a backfill that is in the way, and for nobody else. */
import { TidemarkError } from '../../src/errors.ts';
import { lockInTurn, type Turns } from '../../src/turns.ts';
import { byHand } from '../support/runs.ts';

const NEVER = new AbortController().signal;
const SLOT = { ...byHand(), kind: 'scheduled' } as const;
const turns = (isBackfilled: boolean): Turns => ({
  isBackfilled: () => isBackfilled,
  ask: () => null,
  isAsked: () => false,
});

/** A task that is held at the first so many tries. */
function heldFor(tries: number) {
  let left = tries;
  const lock = { release: () => {} };
  return {
    lock,
    lockTask: () => {
      if (left-- > 0) throw new TidemarkError('ALREADY_RUNNING', `held, ${left} more`);
      return lock;
    },
  };
}

it('takes a task that a backfill has left between the two questions', async () => {
  const { lock, lockTask } = heldFor(1);
  const ports = { turns: turns(false), lockTask, recovering: new Map() };
  expect(await lockInTurn(ports, 'task', SLOT, NEVER)).toBe(lock);
});

it('does not wait where there is no backfill', async () => {
  const { lockTask } = heldFor(10);
  const ports = { turns: turns(false), lockTask, recovering: new Map() };
  await expect(lockInTurn(ports, 'task', SLOT, NEVER)).rejects.toMatchObject({ code: 'ALREADY_RUNNING' });
});
