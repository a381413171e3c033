/** What is left in Redis of runs, and for how long: as much as is needed, and nothing of those that are no more. */
import { FORGOTTEN_S, REQUESTS } from '../../src/queue/names.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { BATCH_RESULT, batchJob, crewRequest, jobEvents, NEVER, queuePlace } from '../support/queue-crew.ts';
import { waitFor } from '../support/wait-for.ts';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

const keysOf = async (place: ReturnType<typeof queuePlace>, pattern: string): Promise<string[]> =>
  place.connect().client.keys(`${place.config.prefix}:${pattern}`);

it('keeps what was said in a run for as long as it is led', async () => {
  const place = queuePlace(redis.url, 'led', { lost_after_ms: 1000 });
  const worker = place.worker('w', async () => BATCH_RESULT);
  const connection = place.connect();
  const crew = await place.crews({ connection }).assemble(crewRequest(1), NEVER);
  const { client } = connection;
  const streams = await keysOf(place, 'crew:*:*s');
  expect(new Set(streams.map((name) => name.split(':').at(-1)))).toEqual(
    new Set(['beats', 'orders', 'reports']),
  );
  for (const name of streams) await client.expire(name, FORGOTTEN_S / 2);
  for (const name of streams)
    await waitFor(name, async () => ((await client.ttl(name)) > FORGOTTEN_S / 2 ? true : null));
  await crew.close();
  await worker.stop(0, NEVER);
  place.close();
}, 120_000);

it.each([
  ['refuses', 'Its sink is another.'],
  ['opens', null],
])(
  'asks for no lanes for a crew that is no more, where a worker %s them',
  async (_what, objection) => {
    const place = queuePlace(redis.url, `nobody-${objection === null}`);
    const connection = place.connect();
    const { client } = connection;
    const stop = new AbortController();
    const crew = place.crews({ connection }).assemble(crewRequest(2), stop.signal);
    crew.catch(() => {});
    const wait = `${place.config.prefix}:${REQUESTS}:wait`;
    await waitFor('it to ask', async () => ((await client.llen(wait)) === 2 ? true : null));
    // As after a kill of whoever asks: the requests are there, and the crew is not.
    const [record] = await keysOf(place, 'crew:*:record');
    await client.del(record!);
    const worker = place.worker('w', async () => BATCH_RESULT, { objection: () => objection });
    await waitFor('them to go', async () =>
      (await keysOf(place, `${REQUESTS}:nobody*`)).length === 0 &&
      (await keysOf(place, `${REQUESTS}:r.*`)).length === 0
        ? true
        : null,
    );
    expect(place.said.filter((line) => /a lane is refused|lane opened/.test(line))).toEqual([]);
    stop.abort(new Error('enough'));
    await expect(crew).rejects.toThrow('enough');
    await worker.stop(0, NEVER);
    place.close();
  },
  100_000,
);

it('removes the batches of runs whose record is gone', async () => {
  const place = queuePlace(redis.url, 'old');
  const worker = place.worker('w', async (_job, _events, signal) => {
    await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    return BATCH_RESULT;
  });
  const connection = place.connect();
  const detach = new AbortController();
  const crews = place.crews({ connection, detach: detach.signal });
  const crew = await crews.assemble(crewRequest(1), NEVER);
  await crew.keep!({}, NEVER);
  const results = crew.export([batchJob('1')], () => jobEvents(), NEVER);
  results.catch(() => {});
  await waitFor('the batches', async () => ((await keysOf(place, 'batches.*')).length > 0 ? true : null));
  detach.abort(new Error('left'));
  await expect(results).rejects.toThrow('left');
  await crew.close();
  await worker.stop(0, AbortSignal.abort());
  const [record] = await keysOf(place, 'crew:*:record');
  await connection.client.del(record!);

  await place.crews().dissolve('another task');
  expect(await keysOf(place, 'batches.*')).toEqual([]);
  expect(await keysOf(place, 'commit.*')).toEqual([]);
  expect(await keysOf(place, 'crew:*')).toEqual([]);
  expect(await keysOf(place, 'runs')).toEqual([]);
  place.close();
}, 120_000);
