/** Two daemons' states and a real Redis, which fails, forgets, and is cut off. */
import { readdirSync } from 'node:fs';
import { positionOf } from '../../../src/state/changes.ts';
import { openState } from '../../../src/state/database.ts';
import { knownMembers } from '../../../src/state/replica.ts';
import { pausedTasks, pauseTask } from '../../../src/state/pauses.ts';
import { openNode, type Following, type Leading, type Node } from '../../support/ha.ts';
import { startRedis, type RedisOptions, type TestRedis } from '../../support/redis.ts';
import { startTcpProxy } from '../../support/tcp-proxy.ts';
import { waitFor } from '../../support/wait-for.ts';

interface Here {
  /** Started once, before all else. */
  withRedis(options?: RedisOptions): Promise<TestRedis>;
  node(name: string, port?: number): Node;
  readonly proxies: { stop(): Promise<void> }[];
}

/** Tests are side by side: leases and the census are waited for, most of the time. */
async function inPlace(act: (here: Here) => Promise<void>): Promise<void> {
  let redis: TestRedis | null = null;
  const nodes: Node[] = [];
  const proxies: Here['proxies'] = [];
  try {
    await act({
      withRedis: async (options) => (redis = await startRedis(options)),
      node: (name, port) => {
        const one = openNode(redis!, name, port);
        nodes.push(one);
        return one;
      },
      proxies,
    });
  } finally {
    for (const one of nodes) one.close();
    await Promise.all(proxies.map((one) => one.stop()));
    await (redis as TestRedis | null)?.stop();
  }
}

const note = (state: Leading['state'], task: string): void =>
  pauseTask(state.db, task, { actor: 'a@b', at: new Date() });
const noted = (state: Following['state']): string[] => [...pausedTasks(state.db).keys()].toSorted();
const has = (state: Following['state'], task: string) => (): true | null =>
  noted(state).includes(task) || null;
const code = (wanted: string) => expect.objectContaining({ code: wanted });

/** One leads and the other follows, and both have what was noted. */
async function together(
  a: Node,
  b: Node,
): Promise<{ readonly first: Leading; readonly following: Following }> {
  const first = await a.lead();
  const following = b.follow();
  note(first.state, 'both');
  await waitFor('the change', has(following.state, 'both'));
  return { first, following };
}

it.concurrent('lets one lead; the other has all of it, and goes on at once when the first stops', () =>
  inPlace(async ({ withRedis, node }) => {
    await withRedis();
    const [a, b] = [node('a'), node('b')];
    const first = await a.lead();
    note(first.state, 'before');
    const following = b.follow();
    await waitFor('the copy', has(following.state, 'before'));
    note(first.state, 'after');
    await waitFor('the change', has(following.state, 'after'));
    expect(following.status()).toEqual({ leader: { node: 'a', host: 'a', pid: process.pid }, problem: null });
    note(first.state, 'last');
    await first.stop();
    const second = await following.leading;
    expect(second.token).toBeGreaterThan(first.token);
    expect(noted(second.state)).toEqual(['after', 'before', 'last']);
    await second.stop();
  }),
);

it.concurrent(
  'refuses a leader that was cut off for longer than its lease, and counts nothing of what it did then',
  () =>
    inPlace(async ({ withRedis, node, proxies }) => {
      const redis = await withRedis();
      const proxy = await startTcpProxy({ port: redis.port });
      proxies.push(proxy);
      const [a, b] = [node('a', proxy.port), node('b')];
      const first = await a.lead();
      const following = b.follow();
      note(first.state, 'told');
      await first.settled();
      await waitFor('the change', has(following.state, 'told'));

      proxy.hang();
      note(first.state, 'untold');
      const waiting = first.settled();
      waiting.catch(() => {});
      const second = await following.leading;
      await waitFor('its doubt', () => first.doubt());
      note(second.state, 'later');
      await second.settled();
      await proxy.resume();

      await expect(waiting).rejects.toEqual(code('LEADERSHIP_LOST'));
      expect(await first.lost).toEqual(code('LEADERSHIP_LOST'));
      expect(() => note(first.state, 'too late')).toThrow(code('NOT_LEADER'));
      expect(await a.shared.append(first.token, '', [])).toBe('lost');
      await first.stop();
      expect(await a.shared.look(0)).toMatchObject({ lease: { token: second.token } });

      const again = a.follow();
      await waitFor('the state of the new leader', has(again.state, 'later'));
      expect(noted(again.state)).toEqual(['later', 'told']);
      expect(noted(second.state)).toEqual(['later', 'told']);
      expect(readdirSync(a.stateDir).filter((name) => name.startsWith('superseded-'))).toHaveLength(1);
      again.stop();
      await second.stop();
    }),
);

it.concurrent('waits for a Redis that is away, and goes on as the same leader when it is back', () =>
  inPlace(async ({ withRedis, node }) => {
    const redis = await withRedis();
    const [a, b] = [node('a'), node('b')];
    const first = await a.lead();
    const following = b.follow();
    await waitFor('the standby', () => following.status()?.leader ?? null);
    await redis.kill();
    note(first.state, 'meanwhile');
    let isSettled = false;
    const settled = first.settled().then(() => (isSettled = true));
    // Longer than the lease: nobody could have renewed it.
    await waitFor('its doubt', () => first.doubt());
    expect(isSettled).toBe(false);
    await redis.start();
    await settled;
    await waitFor('the change', has(following.state, 'meanwhile'));
    expect(first.doubt()).toBeNull();
    await waitFor('the same leader', () => (following.status()?.leader?.host === 'a' ? true : null));
    await first.stop();
  }),
);

it.concurrent('does not let a run wait for Redis that is told to stop', () =>
  inPlace(async ({ withRedis, node }) => {
    const redis = await withRedis();
    const first = await node('a').lead();
    await redis.kill();
    const told = new AbortController();
    const settled = first.settled(told.signal);
    told.abort(new Error('told to stop'));
    await expect(settled).rejects.toThrow('told to stop');
    const others = first.settled();
    first.giveUp(code('INTERRUPTED') as never);
    await expect(others).rejects.toBeDefined();
  }),
);

it.concurrent('writes all of it anew where Redis was started again and has lost it', () =>
  inPlace(async ({ withRedis, node }) => {
    const redis = await withRedis({ durable: false });
    const [a, b] = [node('a'), node('b')];
    const first = await a.lead();
    note(first.state, 'before');
    const following = b.follow();
    await waitFor('the change', has(following.state, 'before'));
    await redis.kill();
    note(first.state, 'meanwhile');
    await redis.start();
    await first.settled();
    await waitFor('the change', has(following.state, 'meanwhile'));
    await first.stop();
    const second = await following.leading;
    expect(second.token).toBeGreaterThan(first.token);
    expect(noted(second.state)).toEqual(['before', 'meanwhile']);
    await second.stop();
  }),
);

it.concurrent(
  'lets nobody go on with less where Redis has lost all, until each has said how much it has',
  () =>
    inPlace(async ({ withRedis, node }) => {
      const redis = await withRedis({ durable: false });
      const [a, b] = [node('a'), node('b')];
      const { first, following } = await together(a, b);
      const known = (): string[] => knownMembers(first.state.db).map(({ host }) => host);
      await waitFor('the leader to know of it', () => (known().includes('b') ? true : null));
      following.stop();
      await expect(following.leading).rejects.toThrow('stopped');
      note(first.state, 'only a');
      await first.stop();
      await redis.kill();
      await redis.start();

      const alone = b.follow();
      const words = /^Redis has lost the state\. Waiting for a to say how much of it is there; .* --seed$/;
      await waitFor('the words', () => words.test(alone.status()?.problem ?? '') || null);
      expect(alone.status()?.leader).toBeNull();
      const again = await a.lead();
      expect(again.token).toBeGreaterThan(first.token);
      await waitFor('the rest', has(alone.state, 'only a'));
      alone.stop();
      await again.stop();
    }),
);

it.concurrent(
  'leaves it to those who have a copy, where Redis has lost all and a new daemon is started',
  () =>
    inPlace(async ({ withRedis, node }) => {
      const redis = await withRedis({ durable: false });
      const [a, b, c] = [node('a'), node('b'), node('c')];
      const { first, following } = await together(a, b);
      const known = (): string[] => knownMembers(following.state.db).map(({ host }) => host);
      await waitFor('it to know of the leader', () => (known().includes('a') ? true : null));
      await redis.kill();
      first.abandon();
      await redis.start();
      await waitFor('the census', () =>
        /Waiting for a /.test(following.status()?.problem ?? '') ? true : null,
      );

      const fresh = c.follow();
      const words = 'Redis has no state. b has the most of it and goes on';
      await waitFor('its words', () => (fresh.status()?.problem === words ? true : null));
      expect(positionOf(fresh.state.db)).toBeNull();
      const again = await a.lead();
      await waitFor('the copy', has(fresh.state, 'both'));
      fresh.stop();
      following.stop();
      await again.stop();
    }),
);

it.concurrent('begins nothing where Redis comes back empty, until the leader has said how much it has', () =>
  inPlace(async ({ withRedis, node }) => {
    const redis = await withRedis({ durable: false });
    const [a, c] = [node('a'), node('c')];
    const first = await a.lead();
    note(first.state, 'kept');
    await redis.kill();
    const fresh = c.follow();
    await waitFor('its doubt', () => first.doubt());
    await redis.start();
    expect(await first.lost).toEqual(code('LEADERSHIP_LOST'));
    await waitFor('the words', () => (/Waiting for a /.test(fresh.status()?.problem ?? '') ? true : null));
    expect(positionOf(fresh.state.db)).toBeNull();
    const again = await a.lead();
    await waitFor('the copy', has(fresh.state, 'kept'));
    fresh.stop();
    await again.stop();
  }),
);

it.concurrent('comes up by itself where both are new, as one state', () =>
  inPlace(async ({ withRedis, node }) => {
    await withRedis();
    const both = [node('a').follow(), node('b').follow()] as const;
    const leader = await Promise.race(both.map(({ leading }) => leading));
    note(leader.state, 'first');
    const others = both.filter(({ state }) => state.db.isOpen);
    expect(others).toHaveLength(1);
    await waitFor('the change', has(others[0]!.state, 'first'));
    others[0]!.stop();
    await leader.stop();
  }),
);

it.concurrent('goes on with less where that is asked for', () =>
  inPlace(async ({ withRedis, node }) => {
    const redis = await withRedis({ durable: false });
    const [a, b] = [node('a'), node('b')];
    const { first, following } = await together(a, b);
    await redis.kill();
    following.stop();
    first.abandon();
    await expect(following.leading).rejects.toThrow('stopped');
    await redis.start();
    const second = await b.lead({ seed: true });
    expect(second.token).toBeGreaterThan(first.token);
    expect(noted(second.state)).toEqual(['both']);
    // It may have what this one has not: it must not be taken for the same.
    await expect(a.lead()).rejects.toEqual(code('STATE_DIVERGED'));
    await second.stop();
  }),
);

it.concurrent('begins with a backup where that is asked for, and nobody else leads', () =>
  inPlace(async ({ withRedis, node }) => {
    await withRedis();
    const [a, b] = [node('a'), node('b')];
    const first = await a.lead();
    note(first.state, 'lost');
    const own = openState(b.stateDir);
    note(own, 'from the backup');
    own.close();
    const waiting = b.follow({ seed: true });
    await waitFor('the words', () =>
      (waiting.status()?.problem ?? '').startsWith('a leads: stop it') ? true : null,
    );
    await first.stop();
    const second = await waiting.leading;
    expect(noted(second.state)).toEqual(['from the backup']);
    expect(await b.shared.look(0)).toMatchObject({
      head: { lineage: positionOf(second.state.db)!.lineage, seq: 0 },
    });
    await second.stop();
  }),
);

it.concurrent('keeps what it could not tell, where nobody has led since', () =>
  inPlace(async ({ withRedis, node, proxies }) => {
    const redis = await withRedis();
    const proxy = await startTcpProxy({ port: redis.port });
    proxies.push(proxy);
    const a = node('a', proxy.port);
    const first = await a.lead();
    await first.settled();
    proxy.hang();
    note(first.state, 'untold');
    first.abandon();
    await proxy.resume();
    const again = await a.lead();
    expect(again.token).toBeGreaterThan(first.token);
    expect(noted(again.state)).toEqual(['untold']);
    const following = node('b').follow();
    await waitFor('the change', has(following.state, 'untold'));
    following.stop();
    await again.stop();
  }),
);

it.concurrent('refuses a folder that has a past of its own', () =>
  inPlace(async ({ withRedis, node }) => {
    await withRedis();
    const [a, b] = [node('a'), node('b')];
    const first = await a.lead();
    const own = openState(b.stateDir);
    note(own, 'its own');
    own.close();
    await expect(b.lead()).rejects.toEqual(code('STATE_DIVERGED'));
    const untouched = openState(b.stateDir);
    expect(noted(untouched)).toEqual(['its own']);
    expect(positionOf(untouched.db)).toBeNull();
    untouched.close();
    await first.stop();
  }),
);
