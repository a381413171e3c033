/** Two daemons' states and a Redis that goes back to what it was a moment ago, or loses a part of what it had. */
import { Redis } from 'ioredis';
import { pausedTasks, pauseTask } from '../../../src/state/pauses.ts';
import { openNode, type Following, type Leading, type Node } from '../../support/ha.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';
import { startTcpProxy } from '../../support/tcp-proxy.ts';
import { waitFor } from '../../support/wait-for.ts';

let redis: TestRedis;
let client: Redis;
const ends: (() => unknown)[] = [];
beforeEach(async () => {
  redis = await startRedis();
  client = new Redis({ host: redis.host, port: redis.port, password: redis.password });
});
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
  client.disconnect();
  await redis.stop();
});

const node = (name: string, port?: number): Node => {
  const one = openNode(redis, name, port);
  ends.push(() => one.close());
  return one;
};
const note = (state: Leading['state'], task: string): void =>
  pauseTask(state.db, task, { actor: 'a@b', at: new Date() });
const has = (state: Following['state'], task: string) => (): true | null =>
  pausedTasks(state.db).has(task) || null;

it('lets one of two lead that were given the same token', async () => {
  const proxy = await startTcpProxy({ port: redis.port });
  const [a, b] = [node('a'), node('b', proxy.port)];
  ends.push(() => proxy.stop());
  const first = await a.lead();
  note(first.state, 'before');
  const following = b.follow();
  await waitFor('the copy', has(following.state, 'before'));
  await first.stop();
  // As a Redis has it after a failure, from the last second of which nothing is on the disk.
  const [token, released] = await client.mget('test:ha:token', 'test:ha:released');
  const second = await following.leading;
  proxy.hang();
  await client
    .multi()
    .del('test:ha:lease')
    .mset({ 'test:ha:token': token!, 'test:ha:released': released!, 'test:ha:led': token! })
    .exec();
  const third = await a.lead();
  expect(third.token).toBe(second.token);
  await proxy.resume();

  expect(await second.lost).toMatchObject({ code: 'LEADERSHIP_LOST' });
  await expect(second.settled()).rejects.toMatchObject({ code: 'LEADERSHIP_LOST' });
  await second.stop();
  await third.settled();
  expect(await a.shared.look(0)).toMatchObject({ lease: { token: third.token, holder: { node: 'a' } } });
  await third.stop();
});

it('has another copy written where Redis has lost a part of it', async () => {
  const [a, b] = [node('a'), node('b')];
  const first = await a.lead();
  note(first.state, 'told');
  await first.settled();
  const lost = (await a.shared.look(0)).head!.copy.id;
  expect(await client.del(`test:ha:copy:${lost}`)).toBe(1);
  const following = b.follow();
  await waitFor('the copy', has(following.state, 'told'));
  expect((await a.shared.look(0)).head!.copy.id).not.toBe(lost);
  following.stop();
  await first.stop();
});
