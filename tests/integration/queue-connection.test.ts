/** The connection to the queue, against a redis-server that goes and comes back. */
import { connectQueue, type QueueConfig } from '../../src/queue/connection.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { waitFor } from '../support/wait-for.ts';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

function configOf(url: string, authority: string | null = null): QueueConfig {
  const times = { lost_after_ms: 5000, worker_wait_ms: 5000 };
  return { type: 'bullmq', url, tls_ca: authority, prefix: 'test', concurrency: null, ...times };
}

it('lets what is asked wait while the server is away, and says that it is', async () => {
  const queue = connectQueue(configOf(redis.url), 'test');
  await queue.ready(60_000);
  expect(queue.away()).toBeNull();
  const heard: (string | null)[] = [];
  queue.onAway((reason) => heard.push(reason));
  await queue.client.set('a', '1');

  await redis.kill();
  await waitFor('the server to be missed', () => queue.away());
  const answer = queue.client.incr('a');
  await redis.start();
  expect(await answer).toBe(2);
  expect(queue.away()).toBeNull();
  expect(heard.at(0)).toEqual(expect.any(String));
  expect(heard.at(-1)).toBeNull();
  queue.close();
});

it('says what is wrong where the server refuses the login, and not the password', async () => {
  const queue = connectQueue(configOf(`redis://:hunter2hunter2@${redis.host}:${redis.port}`), 'test');
  const failure = await queue.ready(3000).catch((error: unknown) => error);
  expect(failure).toMatchObject({
    code: 'REDIS_UNREACHABLE',
    message: expect.stringMatching(/^The queue at 127\.0\.0\.1:\d+ cannot be used: .*WRONGPASS/),
  });
  expect(JSON.stringify(failure)).not.toContain('hunter2');
  queue.close();
});

it('gives up waiting when it is told to', async () => {
  const queue = connectQueue(configOf('redis://127.0.0.1:1'), 'test');
  await expect(queue.ready(60_000, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
  queue.close();
});

it('is encrypted where the URL says rediss, with the authority that the config names, and no other', async () => {
  const encrypted = await startRedis({ tls: true });
  try {
    const queue = connectQueue(configOf(encrypted.url, encrypted.authority), 'test');
    await queue.ready(60_000);
    expect(await queue.client.ping()).toBe('PONG');
    // The connection that waits at the server is another one.
    expect(await queue.blocking().ping()).toBe('PONG');
    queue.close();

    const unaware = connectQueue(configOf(encrypted.url), 'test');
    await expect(unaware.ready(3000)).rejects.toMatchObject({
      code: 'REDIS_UNREACHABLE',
      message: expect.stringMatching(/certificate/),
    });
    unaware.close();

    const plain = connectQueue(configOf(encrypted.url.replace('rediss:', 'redis:')), 'test');
    await expect(plain.ready(3000)).rejects.toMatchObject({ code: 'REDIS_UNREACHABLE' });
    plain.close();
  } finally {
    await encrypted.stop();
  }
});
