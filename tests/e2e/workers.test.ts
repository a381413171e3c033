/** Runs whose batches are read by `tidemark worker` processes, standing for machines of their own. */
import { NOTHING } from './site.ts';
import {
  openWorkerSite,
  partsSpec,
  publishedIds,
  reportOf,
  ROWS,
  TABLES,
  type WorkerSite,
} from './workers/site.ts';

let crowd: WorkerSite;
beforeAll(async () => {
  crowd = await openWorkerSite();
});
afterAll(() => crowd.stop());

const ALL = Array.from({ length: ROWS }, (_, index) => index + 1);
/** Of the tables, that each of the workers reads; one more or less depends on who begins first. */
const EVEN = TABLES / 4;

it('spreads a run evenly over four workers, and publishes every row once', async () => {
  const place = await crowd.place();
  const workers = await crowd.workers(place, 4);
  const spec = place.writeSpec('parts', partsSpec({ rate_limit_mb_per_s: 1 }));
  const { code, stdout, stderr } = await place.tidemark('run', '-s', spec, '--json');
  expect({ code, stderr }).toMatchObject({ code: 0 });
  const { manifest } = reportOf(stdout);
  for (let table = 0; table < TABLES; table++)
    expect(await publishedIds(place, manifest!, `part_${table}`)).toEqual(ALL);
  for (const worker of workers) {
    // One lane each, although each had room for all of them.
    expect(worker.lines().filter((line) => /lane opened/.test(line))).toHaveLength(1);
    const batches = worker.lines().filter((line) => /batch read/.test(line)).length;
    expect(batches).toBeGreaterThanOrEqual(EVEN - 1);
    expect(batches).toBeLessThanOrEqual(EVEN + 1);
  }
  expect((await place.remains()).uploads).toEqual(NOTHING.uploads);
  for (const worker of workers) expect((await worker.stop()).code).toBe(0);
  expect(await crowd.redis.dump()).not.toContain(':crew:');
});
