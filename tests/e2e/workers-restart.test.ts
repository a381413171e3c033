/** A daemon that goes in mid-run, by kill or by order: workers read on, and the next daemon publishes what they read. */
import type { RunningCli } from '../support/cli.ts';
import { waitFor } from '../support/wait-for.ts';
import { NOTHING, type Place } from './site.ts';
import { openWorkerSite, partsSpec, publishedIds, ROWS, TABLES, type WorkerSite } from './workers/site.ts';

const ALL = Array.from({ length: ROWS }, (_, index) => index + 1);

let crowd: WorkerSite;
beforeAll(async () => {
  crowd = await openWorkerSite();
});
afterAll(() => crowd.stop());

function batchesRead(workers: readonly RunningCli[]): number {
  return workers.flatMap((worker) => worker.lines().filter((line) => /batch read/.test(line))).length;
}

/** The one manifest, once it is there. */
function manifestOf(place: Place): Promise<string> {
  return waitFor(
    'the manifest',
    async () => (await place.keys()).find((key) => key.includes('_manifest_')) ?? null,
  );
}

/** A slot that comes once, in a few seconds: the daemon must be there by then. */
function soon(): string {
  const at = new Date(Date.now() + 4000);
  return `${at.getUTCSeconds()} ${at.getUTCMinutes()} ${at.getUTCHours()} ${at.getUTCDate()} ${at.getUTCMonth() + 1} *`;
}

it.each(['SIGKILL', 'SIGTERM'] as const)(
  'leads a run on after a %s of the daemon',
  async (signal) => {
    const secrets = { smtp: 'smtp-canary-77123', hmac: 'hmac-canary-66123' };
    const place = await crowd.place({
      config: { shutdown_grace: '100 milliseconds', masking: { hmac_key: secrets.hmac } },
      smtp: { user: 'someone', password: secrets.smtp },
    });
    const workers = await crowd.workers(place, 2, '--concurrency', '1');
    const first = place.start('daemon');
    await first.waitForLine(/daemon runs/);
    // Slow enough that the run is in its middle when the daemon goes.
    place.writeSpec('parts', partsSpec({ schedule: soon(), rate_limit_mb_per_s: 0.5, catch_up: 'latest' }));
    await waitFor('two batches to be read', () => (batchesRead(workers) >= 2 ? true : null));

    const kept = await crowd.redis.dump();
    expect(kept).toContain('part_7');
    const { database, s3, redis } = { ...crowd.site, redis: crowd.redis };
    for (const secret of [
      database.password,
      s3.credentials.secretAccessKey,
      redis.password,
      secrets.smtp,
      secrets.hmac,
    ])
      expect(kept.includes(secret) ? secret : null).toBeNull();

    first.kill(signal);
    await first.exit;
    const left = batchesRead(workers);
    expect(left).toBeLessThan(TABLES);
    const second = place.start('daemon');
    await second.waitForLine(/run is led on/);
    const manifest = await manifestOf(place);

    for (let table = 0; table < TABLES; table++)
      expect(await publishedIds(place, manifest, `part_${table}`)).toEqual(ALL);
    // Nobody has read anything twice.
    expect(batchesRead(workers)).toBe(TABLES);
    await second.waitForLine(/run succeeded.*attempts=1/);
    expect((await second.stop()).code).toBe(0);
    expect((await place.remains()).uploads).toEqual(NOTHING.uploads);
    const runs = JSON.parse((await place.tidemark('history', '--json')).stdout) as {
      readonly runs: readonly { readonly status: string; readonly run_id: string }[];
    };
    expect(runs.runs.filter(({ status }) => status !== 'skipped').map(({ status }) => status)).toEqual([
      'succeeded',
    ]);
    for (const worker of workers) expect((await worker.stop()).code).toBe(0);
  },
  240_000,
);

it('does not make up for a slot whose run is led on and fails for good', async () => {
  const place = await crowd.place({ executor: { worker_wait: '2 seconds' } });
  const workers = await crowd.workers(place, 2, '--concurrency', '1');
  const first = place.start('daemon');
  await first.waitForLine(/daemon runs/);
  place.writeSpec('parts', partsSpec({ schedule: soon(), rate_limit_mb_per_s: 0.5, catch_up: 'latest' }));
  await waitFor('a batch to be read', () => (batchesRead(workers) >= 1 ? true : null));
  for (const process of [first, ...workers]) process.kill('SIGKILL');
  await Promise.all([first, ...workers].map((process) => process.exit));

  // Nobody is there to read on.
  const second = place.start('daemon');
  await second.waitForLine(/run is led on/);
  await second.waitForLine(/run failed.*NO_WORKERS|run failed.*LANE_LOST/);
  await second.waitForLine(/was under way when it was to be made up for, and has failed/);
  expect((await second.stop()).code).toBe(0);
  const { runs } = JSON.parse((await place.tidemark('history', '--json')).stdout) as {
    readonly runs: readonly { readonly status: string }[];
  };
  expect(runs.filter(({ status }) => status === 'failed')).toHaveLength(1);
  expect(runs.filter(({ status }) => status === 'succeeded')).toEqual([]);
}, 120_000);
