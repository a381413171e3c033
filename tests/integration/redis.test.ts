/** The redis-server that tests start: it asks for a password, and what it has answered survives a kill. */
import { Redis } from 'ioredis';
import { startRedis, type TestRedis } from '../support/redis.ts';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

function client(password: string | undefined): Redis {
  const { host, port } = redis;
  return new Redis({ host, port, ...(password === undefined ? {} : { password }), retryStrategy: null });
}

it('refuses whoever has no password', async () => {
  const stranger = client(undefined).on('error', () => {});
  await expect(stranger.get('a')).rejects.toThrow('NOAUTH');
  stranger.disconnect();
});

it('keeps over a kill what it has answered, on the same port', async () => {
  const before = client(redis.password).on('error', () => {});
  await before.set('a', '1');
  await before.hset('b', { c: '2' });
  await redis.kill();
  await expect(
    client(redis.password)
      .on('error', () => {})
      .ping(),
  ).rejects.toThrow('Connection is closed');
  await redis.start();
  expect(await redis.dump()).toBe('a: 1\nb: {"c":"2"}');
});
