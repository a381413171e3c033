import { secretsOf } from '../../../src/config/config.ts';
import { faultsOf, folder, load, MINIMAL } from './files.ts';

const URL = 'redis://:p%40ss@queue.example.com:6379/2';

it('reads batches in the process of the run, unless told otherwise', () => {
  expect(load(MINIMAL).executor).toEqual({ type: 'embedded' });
  expect(load({ ...MINIMAL, executor: { type: 'embedded', url: URL } }).executor).toEqual({
    type: 'embedded',
  });
});

it('fills in what is left out of a queue', () => {
  expect(load({ ...MINIMAL, executor: { type: 'bullmq', url: URL } }).executor).toEqual({
    type: 'bullmq',
    url: URL,
    tls_ca: null,
    prefix: 'tidemark',
    lost_after_ms: 15_000,
    worker_wait_ms: 60_000,
    concurrency: null,
  });
});

it('takes the whole of it from the environment', () => {
  const env = {
    TIDEMARK_EXECUTOR__TYPE: 'bullmq',
    TIDEMARK_EXECUTOR__URL: 'rediss://queue',
    TIDEMARK_EXECUTOR__CONCURRENCY: '8',
    TIDEMARK_EXECUTOR__TLS_CA: `${folder}/ca.pem`,
  };
  expect(load(MINIMAL, { env }).executor).toMatchObject({
    url: 'rediss://queue',
    concurrency: 8,
    tls_ca: `${folder}/ca.pem`,
  });
});

it('keeps the password of the queue secret, as it is written and as it is', () => {
  const secrets = secretsOf(load({ ...MINIMAL, executor: { type: 'bullmq', url: URL } }));
  expect(secrets).toEqual(expect.arrayContaining([URL, 'p%40ss', 'p@ss']));
  const open = load({ ...MINIMAL, executor: { type: 'bullmq', url: 'redis://user@queue' } });
  expect(secretsOf(open)).toEqual([]);
});

it.each([
  [{ type: 'bullmq' }, 'executor.url: is missing: bullmq keeps its queue in a server. Allowed: a URL'],
  [{ type: 'bullmq', url: 'hunter2' }, 'executor.url: found a text that is no URL. Allowed'],
  [
    { type: 'bullmq', url: 'http://:hunter2@queue' },
    'executor.url: found a URL that begins with http://. Allowed: a URL such as "redis://127.0.0.1:6379"',
  ],
  [{ type: 'bullmq', url: 'redis:///2' }, 'executor.url: found a URL without a host.'],
  [{ type: 'bullmq', url: 'redis://:pass/hunter2@queue' }, 'as %2F, %3F, %23, %40 or %25'],
  [{ type: 'bullmq', url: 'redis://queue/2?password=hunter2' }, 'executor.url: found more behind the host'],
  [{ type: 'bullmq', url: 'redis://:hunter2%zz@queue' }, 'executor.url: found a "%" that begins no escape'],
  [{ type: 'bullmqq', url: URL }, 'executor.type: found "bullmqq"'],
  [{ type: 'bullmq', url: URL, prefix: 'a:b' }, 'executor.prefix: found "a:b". Allowed: 1 to 64 letters'],
  [{ type: 'bullmq', url: URL, concurrency: 0 }, 'executor.concurrency: found 0. Allowed: a whole number'],
  [{ type: 'bullmq', url: URL, lost_after: 'soon' }, 'executor.lost_after: found "soon"'],
  [{ type: 'bullmq', url: URL, workers: 3 }, 'executor.workers: '],
])('says of %j what is wrong, and nothing that is secret', (executor, fault) => {
  const faults = faultsOf({ ...MINIMAL, executor });
  expect(faults).toEqual([expect.stringContaining(fault)]);
  expect(faults.join()).not.toContain('hunter2');
});

it('needs a queue for two daemons with one state', () => {
  expect(load(MINIMAL).ha).toBe(false);
  expect(load({ ...MINIMAL, ha: true, executor: { type: 'bullmq', url: URL } }).ha).toBe(true);
  expect(faultsOf({ ...MINIMAL, ha: true })).toEqual([
    expect.stringContaining('ha: found true, but no Redis by which two daemons could share their state.'),
  ]);
});
