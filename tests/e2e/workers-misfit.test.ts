/** Workers that would make something else of a run than its daemon means, on a queue that loses what it has. */
import { startMariaDb, freshDatabase } from '../support/mysql.ts';
import { waitFor } from '../support/wait-for.ts';
import { NOTHING, type Place } from './site.ts';
import { fill, openWorkerSite, partsSpec, publishedIds, reportOf, ROWS, TABLES } from './workers/site.ts';
import type { WorkerSite } from './workers/site.ts';

const ALL = Array.from({ length: ROWS }, (_, index) => index + 1);

let crowd: WorkerSite;
beforeAll(async () => {
  // Nothing survives in Redis when it is killed.
  crowd = await openWorkerSite({ durable: false });
});
afterAll(() => crowd.stop());

async function expectAllRows(place: Place, stdout: string): Promise<void> {
  const { manifest, error } = reportOf(stdout);
  expect(error).toBeNull();
  for (let table = 0; table < TABLES; table++)
    expect(await publishedIds(place, manifest!, `part_${table}`)).toEqual(ALL);
  expect((await place.remains()).uploads).toEqual(NOTHING.uploads);
}

it('fails a run whose worker reaches another server, and names both', async () => {
  const elsewhere = await startMariaDb();
  const other = await freshDatabase(elsewhere.url);
  try {
    for (let table = 0; table < TABLES; table++) await fill({ database: other }, `part_${table}`, ROWS);
    const prefix = 'two-servers';
    const place = await crowd.place({ executor: { prefix } });
    const { host, port, user, password, name } = other;
    const misled = await crowd.place({
      executor: { prefix },
      sink: { bucket: place.bucket },
      source: { host, port, user, password, database: name },
    });
    const [worker] = await crowd.workers(misled, 1);
    for (const changes of [{}, { parallelism: 1, consistency: 'locked' }, { consistency: 'per_batch' }]) {
      const spec = place.writeSpec('parts', partsSpec(changes));
      const { code, stdout } = await place.tidemark('run', '-s', spec, '--json');
      const { error } = reportOf(stdout);
      expect({ changes, code }).not.toEqual({ changes, code: 0 });
      expect(error).toMatchObject({
        code: 'CONSISTENCY_UNPROVEN',
        message: expect.stringMatching(/lead to different servers: \S+.*, \S+/),
      });
      expect(await place.remains()).toEqual(NOTHING);
    }
    expect((await worker!.stop()).code).toBe(0);
  } finally {
    await other.drop();
    await elsewhere.stop();
  }
});

it('has nothing read by a worker that masks with another key, and says so where there is none but that', async () => {
  const prefix = 'two-keys';
  const executor = { prefix, worker_wait: '3 seconds' };
  const place = await crowd.place({
    executor,
    config: { masking: { hmac_key: 'canary-key-of-the-daemon' } },
  });
  const misled = await crowd.place({
    executor,
    sink: { bucket: place.bucket },
    config: { masking: { hmac_key: 'canary-key-of-another' } },
  });
  const [wrong] = await crowd.workers(misled, 1);
  const spec = place.writeSpec(
    'parts',
    partsSpec({ column_transformation: { 'part_0.note': { mask: 'hmac' } } }),
  );
  const alone = await place.tidemark('run', '-s', spec, '--json');
  expect(reportOf(alone.stdout).error).toMatchObject({
    code: 'NO_WORKERS',
    message: expect.stringMatching(/masking\.hmac_key is not that of the run/),
  });
  expect(await place.remains()).toEqual(NOTHING);

  const [right] = await crowd.workers(place, 1);
  const { stdout } = await place.tidemark('run', '-s', spec, '--json');
  await expectAllRows(place, stdout);
  expect(wrong!.lines().filter((line) => /lane opened/.test(line))).toEqual([]);
  for (const worker of [wrong!, right!]) {
    expect((await worker.stop()).code).toBe(0);
    expect(worker.lines().join('\n')).not.toContain('canary-key');
  }
  expect(await crowd.redis.dump()).not.toContain('canary-key');
});

it('begins a run anew where Redis comes back without what it had', async () => {
  const place = await crowd.place();
  const workers = await crowd.workers(place, 2);
  const retries = { count: 3, first_delay: '200 milliseconds', max_delay: '1 second' };
  const spec = place.writeSpec('parts', partsSpec({ rate_limit_mb_per_s: 1, retries }));
  const run = place.start('run', '-s', spec, '--json');
  await waitFor('a batch to be read', () =>
    workers.some((worker) => worker.lines().some((line) => /batch read/.test(line))) ? true : null,
  );
  await crowd.redis.kill();
  await crowd.redis.start();
  const { code, stdout, stderr } = await run.exit;
  expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringMatching(/QUEUE_LOST/) });
  expect(reportOf(stdout).attempts).toBe(2);
  await expectAllRows(place, stdout);
  for (const worker of workers) expect((await worker.stop()).code).toBe(0);
});
