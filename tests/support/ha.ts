/** Daemons' states that follow one another, without the daemons: each in a folder of its own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { followUntilLeading, type FollowerStatus } from '../../src/ha/following.ts';
import { beginLeading, type Leadership } from '../../src/ha/leading.ts';
import { openSharedState, type SharedState } from '../../src/ha/shared-state.ts';
import type { Log } from '../../src/ports.ts';
import { openFollower, openState, type StateDatabase } from '../../src/state/database.ts';
import type { TestRedis } from './redis.ts';

export interface Node {
  readonly shared: SharedState;
  readonly stateDir: string;
  readonly log: readonly string[];
  /** Begins to follow; what it says of itself is in `status`. */
  follow(options?: { readonly seed?: boolean }): Following;
  /** Follows until it leads, and begins. */
  lead(options?: { readonly seed?: boolean }): Promise<Leading>;
  close(): void;
}

export interface Following {
  readonly state: StateDatabase;
  status(): FollowerStatus | null;
  /** Leads when it is its turn. Rejects with what keeps it from following. */
  readonly leading: Promise<Leading>;
  stop(): void;
}

export interface Leading extends Leadership {
  readonly state: StateDatabase;
  /** As if its process were killed, and started again some time: nothing is told to anybody. */
  abandon(): void;
}

/** @param redis reached by this port, its own or that of a proxy. */
export function openNode(redis: TestRedis, name: string, port = redis.port): Node {
  const stateDir = mkdtempSync(path.join(tmpdir(), `tidemark-ha-${name}-`));
  const connection = { host: redis.host, port, password: redis.password };
  let shared = openSharedState(connection, 'test', { node: name, host: name, pid: process.pid });
  const lines: string[] = [];
  const write = (message: string): void => void lines.push(message);
  const log: Log = { debug: write, info: write, warn: write, error: write };
  const open: (() => void)[] = [];

  const follow: Node['follow'] = ({ seed = false } = {}) => {
    const state = openFollower(stateDir);
    const stopping = new AbortController();
    let status: FollowerStatus | null = null;
    const me = { node: name, host: name };
    const onStatus = (next: FollowerStatus): void => void (status = next);
    open.push(() => stopping.abort());
    const won = followUntilLeading(
      { shared, state, stateDir, me, seed, onStatus, log },
      stopping.signal,
    ).finally(state.close);
    const leading = won.then(async (one): Promise<Leading> => {
      if (one === null) throw new Error('it was stopped');
      const led = openState(stateDir);
      open.push(() => {
        if (led.db.isOpen) led.close();
      });
      const leadership = await beginLeading(one, { shared, state: led, stateDir, log });
      open.push(() => void leadership.stop());
      return {
        ...leadership,
        state: led,
        abandon() {
          shared.close();
          shared = openSharedState(connection, 'test', { node: name, host: name, pid: process.pid });
        },
      };
    });
    leading.catch(() => {});
    return { state, status: () => status, leading, stop: () => stopping.abort() };
  };

  return {
    get shared() {
      return shared;
    },
    stateDir,
    log: lines,
    follow,
    lead: (options) => follow(options).leading,
    close() {
      for (const end of open.toReversed()) end();
      shared.close();
      rmSync(stateDir, { recursive: true, force: true });
    },
  };
}
