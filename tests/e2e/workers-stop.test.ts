/** A worker that is told to stop in mid-batch ends it where it may take that long, and hands it back otherwise. */
import { waitFor } from '../support/wait-for.ts';
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

const ALL = Array.from({ length: ROWS }, (_, index) => index + 1);

let crowd: WorkerSite;
beforeAll(async () => {
  crowd = await openWorkerSite();
});
afterAll(() => crowd.stop());

it.each([
  ['ends the batch in hand within the grace', '60 seconds', 1],
  ['hands back what it cannot end within the grace', '100 milliseconds', 0],
])('%s', async (_, grace, ended) => {
  const place = await crowd.place({ config: { shutdown_grace: grace } });
  const [leaves, stays] = await crowd.workers(place, 2, '--concurrency', '1');
  const read = (worker: typeof leaves): number =>
    worker!.lines().filter((line) => /batch read/.test(line)).length;
  // Seconds for each batch: the signal comes in the middle of one.
  const spec = place.writeSpec('parts', partsSpec({ parallelism: 2, rate_limit_mb_per_s: 0.5 }));
  const run = place.start('run', '-s', spec, '--json');
  await waitFor('a batch to be read', () => (read(leaves) > 0 ? true : null));
  const before = read(leaves);
  leaves!.kill('SIGTERM');
  expect((await leaves!.exit).code).toBe(0);
  expect(read(leaves) - before).toBe(ended);

  const { code, stdout, stderr } = await run.exit;
  expect({ code, stderr }).toMatchObject({ code: 0 });
  const { manifest, attempts } = reportOf(stdout);
  expect(attempts).toBe(1);
  for (let table = 0; table < TABLES; table++)
    expect(await publishedIds(place, manifest!, `part_${table}`)).toEqual(ALL);
  expect(read(leaves) + read(stays)).toBe(TABLES);
  expect((await place.remains()).uploads).toEqual(NOTHING.uploads);
  expect((await stays!.stop()).code).toBe(0);
});
