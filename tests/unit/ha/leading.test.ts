import { TidemarkError } from '../../../src/errors.ts';
import { beginLeading } from '../../../src/ha/leading.ts';
import type { SharedState } from '../../../src/ha/shared-state.ts';
import { openState } from '../../../src/state/database.ts';
import { keptLog } from '../schedule/kept-log.ts';
import { place } from '../state/folder.ts';

it('gives the lease back where it is told to stop before Redis has all of its state', async () => {
  const told = new AbortController();
  const done: string[] = [];
  const shared = {
    server: 'redis:6379',
    renew: () => Promise.resolve('held'),
    look() {
      done.push('asked');
      // By then, it waits.
      setImmediate(() => told.abort(new TidemarkError('INTERRUPTED', 'Tidemark was asked to stop')));
      return Promise.reject(new TidemarkError('REDIS_UNREACHABLE', 'it is away'));
    },
    release: (token: number) => Promise.resolve(void done.push(`released ${token}`)),
  } as Partial<SharedState> as SharedState;
  const state = openState(place.folder);
  try {
    const leading = beginLeading(
      { token: 3, anew: false, seeds: false },
      { shared, state, stateDir: place.folder, log: keptLog() },
      told.signal,
    );
    await expect(leading).rejects.toEqual(expect.objectContaining({ code: 'INTERRUPTED' }));
    expect(done).toEqual(['asked', 'released 3']);
  } finally {
    state.close();
  }
});
