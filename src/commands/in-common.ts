/** What daemons and commands with one state find in Redis, and who they are there. */
import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import { TidemarkError } from '../errors.ts';
import { openSharedState, type Holder, type SharedState } from '../ha/shared-state.ts';
import { openShipping } from '../ha/shipping.ts';
import type { Settled } from '../ports.ts';
import { redisOptions } from '../queue/connection.ts';
import { positionOf } from '../state/changes.ts';
import { openFollower } from '../state/database.ts';

/** A state folder is what makes a daemon the same over restarts: its name is kept there, and in no copy of the state. */
export function thisNode({ state_dir }: Config): Holder {
  const file = join(state_dir, 'node');
  mkdirSync(state_dir, { recursive: true });
  try {
    writeFileSync(file, randomUUID(), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return { node: readFileSync(file, 'utf8'), host: hostname(), pid: process.pid };
}

/** Of a config with `ha`, which has an executor with a Redis. */
export function stateInCommon(config: Config): SharedState {
  const { executor } = config;
  if (executor.type !== 'bullmq') throw new Error('a config with ha has no Redis');
  return openSharedState(redisOptions(executor, 'ha'), executor.prefix, thisNode(config));
}

/**
 * Does what changes the state, beside the daemon on this machine. Where that shares its state with another, it must be
 * the one that leads, and what is done has effects only as long as it does.
 *
 * @param act gets what effects wait for; left to itself where the state is not shared.
 * @throws TidemarkError NOT_LEADER, REDIS_UNREACHABLE, LEADERSHIP_LOST.
 */
export async function besideLeader<T>(config: Config, act: (settled?: Settled) => Promise<T>): Promise<T> {
  if (!config.ha) return act();
  const shared = stateInCommon(config);
  const state = openFollower(config.state_dir);
  try {
    const token = await tokenHere(shared, positionOf(state.db)?.leads ?? null);
    const shipping = openShipping({
      shared,
      db: state.db,
      token,
      lose: (why) =>
        new TidemarkError('LEADERSHIP_LOST', `The daemon on this machine no longer leads: ${why}.`),
      // The daemon takes its lease again, or another one does.
      hold: () => Promise.reject(away(shared, 'nobody leads just now')),
      reseed: () =>
        Promise.reject(away(shared, 'it has lost the state, which the daemon brings there again')),
      proven: () => {},
    });
    const result = await act(shipping.settled);
    await shipping.settled();
    return result;
  } finally {
    shared.close();
    state.close();
  }
}

async function tokenHere(shared: SharedState, leads: number | null): Promise<number> {
  const { lease } = await shared.look(Number.MAX_SAFE_INTEGER - 1);
  if (lease !== null && lease.token === leads) return leads;
  const hint =
    'Do it on the machine whose daemon leads. Looking is possible on either: status, history, plan, verify.';
  if (lease === null)
    throw new TidemarkError('NOT_LEADER', 'No daemon leads just now, so that nothing can be changed.', {
      hint,
    });
  throw new TidemarkError(
    'NOT_LEADER',
    `The daemon on ${lease.holder.host} leads, not the one on this machine.`,
    {
      hint,
    },
  );
}

function away({ server }: SharedState, why: string): TidemarkError {
  return new TidemarkError('REDIS_UNREACHABLE', `Redis at ${server}: ${why}.`);
}
