/**
 * kill -9 at every phase of a run, of `tidemark run` and of the daemon. What a run leaves is nothing, or everything
 * once a daemon has started again; and no open upload in either case.
 */
import { rmSync } from 'node:fs';
import { loadLargeTable } from '../support/hr.ts';
import type { RunningCli } from '../support/cli.ts';
import { startGate, type Gate } from './gate.ts';
import { chanceFrom } from './kill/random.ts';
import { openSite, NOTHING, type Place, type Site } from './site.ts';
import { regionsSpec } from './specs.ts';

const SEED = 20260117;
const ROUNDS = 10;
const ROWS = 25_000;
const SPEC = regionsSpec({ task_name: 'events', table: { name: 'events' }, batch_threshold_mb: 1 });

let site: Site;
let gate: Gate;
/** Requests of an undisturbed run: those that prepare, then those that commit. */
let undisturbed: readonly string[];
let commitBegins: number;

beforeAll(async () => {
  site = await openSite();
  await loadLargeTable(site.database.connection, ROWS);
  gate = await startGate(site.s3.endpoint);
  const place = await site.place({ sink: { endpoint: gate.endpoint } });
  const result = await place.tidemark('run', '-s', place.writeSpec('events', SPEC), '--json');
  if (result.code !== 0) throw new Error(result.stderr);
  undisturbed = gate.requests();
  commitBegins = undisturbed.findIndex((line) => isCompletion(line));
});
afterAll(async () => {
  await site.stop();
  await gate.stop();
});

function isCompletion(line: string): boolean {
  return /^POST .*\?.*uploadId=/.test(line);
}

/** Starts a daemon on what the killed process has left, and stops it when it has cleared up. */
async function clearUp(place: Place): Promise<void> {
  rmSync(place.path('specs/events.json'), { force: true });
  const daemon = place.start('daemon');
  await daemon.waitForLine(/daemon runs/);
  expect((await daemon.stop()).code).toBe(0); // it waits for the recovery
}

/** Every object that the manifest names is there as it says; all rows are in them. */
async function expectWhole(place: Place): Promise<void> {
  const keys = await place.keys();
  const manifestKey = keys.find((key) => key.includes('_manifest_')) ?? 'no manifest';
  const manifest = JSON.parse(await place.text(manifestKey)) as {
    rows: number;
    entries: { key: string; meta: { content_length: number } }[];
  };
  expect(manifest.rows).toBe(ROWS);
  expect(keys).toEqual([manifestKey, ...manifest.entries.map((entry) => entry.key)].toSorted());
  for (const { key, meta } of manifest.entries) {
    expect(Buffer.byteLength(await place.text(key))).toBe(meta.content_length);
  }
}

const { fraction: next } = chanceFrom(SEED);
const rounds = Array.from({ length: ROUNDS }, (_, round) => ({
  command: round % 2 === 0 ? ('run' as const) : ('daemon' as const),
  // One place in each stretch of the run, so that no phase is left out by chance.
  at: (round + next()) / ROUNDS,
  moment: next() < 0.5 ? ('before' as const) : ('after' as const),
}));

it.each(rounds)('leaves all or nothing of $command killed at $at, $moment the answer', async (round) => {
  const { command, at, moment } = round;
  const place = await site.place({ sink: { endpoint: gate.endpoint } });
  const request = 1 + Math.floor(at * undisturbed.length);
  const spec = place.writeSpec('events', command === 'run' ? SPEC : { ...SPEC, schedule: '* * * * * *' });
  gate.holdAt(request, moment);

  const victim: RunningCli = command === 'run' ? place.start('run', '-s', spec) : place.start('daemon');
  await gate.held();
  victim.kill('SIGKILL');
  expect((await victim.exit).signal).toBe('SIGKILL');
  gate.open();

  if (request <= commitBegins) expect(await place.keys()).toEqual([]);
  await clearUp(place);
  if (request <= commitBegins) expect(await place.remains()).toEqual(NOTHING);
  else await expectWhole(place);
  expect(await site.s3.openUploads(place.bucket)).toEqual([]);
});

it('clears up with the next run of the task where no daemon comes back', async () => {
  const place = await site.place({ sink: { endpoint: gate.endpoint } });
  const spec = place.writeSpec('events', SPEC);
  gate.holdMatching(/partNumber=/, 'after');
  const victim = place.start('run', '-s', spec);
  await gate.held();
  victim.kill('SIGKILL');
  await victim.exit;
  gate.open();
  expect(await site.s3.openUploads(place.bucket)).not.toEqual([]);

  const again = await place.tidemark('run', '-s', spec, '--json');
  expect(again.code).toBe(0);
  await expectWhole(place);
  expect(await site.s3.openUploads(place.bucket)).toEqual([]);
});
