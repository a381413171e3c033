/** What is remembered, as people and programs look at it: status, history, watermark, /api/runs. */
import { spawnSync } from 'node:child_process';
import type { PastRun } from '../../src/domain/run.ts';
import type { HistoryDocument } from '../../src/commands/history.ts';
import type { StatusDocument } from '../../src/commands/status-document.ts';
import { CLI } from '../support/cli.ts';
import { waitFor } from '../support/wait-for.ts';
import { reportOf } from './report.ts';
import { openSite, type Place, type Site } from './site.ts';
import { regionsSpec, slowSpec } from './specs.ts';

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.stop());

async function json<T>(place: Place, ...args: string[]): Promise<T> {
  const { code, stdout, stderr } = await place.tidemark(...args, '--json');
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as T;
}
const status = async (place: Place, task: string) => {
  const document = await json<StatusDocument>(place, 'status');
  return { document, task: document.tasks.find((one) => one.task === task) };
};
const get = async <T>(place: Place, path: string): Promise<T> =>
  (await (await fetch(`http://127.0.0.1:${place.httpPort}${path}`)).json()) as T;

it('is the same after the daemon was started again', async () => {
  const place = await site.place();
  const spec = (schedule: string) => place.writeSpec('regions', regionsSpec({ schedule, catch_up: 'none' }));
  spec('* * * * * *');
  const first = place.start('daemon');
  await waitFor(
    'two runs',
    async () => (await place.keys()).filter((key) => key.includes('_manifest_'))[1] ?? null,
  );
  await first.stop();
  expect((await status(place, 'regions')).document.daemon).toBeNull();

  spec('0 3 1 1 *');
  const second = place.start('daemon');
  await second.waitForLine(/daemon runs/);
  const { tasks } = await get<{ tasks: { last_run: PastRun | null }[] }>(place, '/api/tasks');
  expect(tasks[0]?.last_run).toMatchObject({ task: 'regions', status: 'succeeded', rows: 4, files: 1 });
  const { runs } = await get<{ runs: PastRun[] }>(place, '/api/runs?task=regions&limit=2');
  expect(runs).toHaveLength(2);
  expect(runs[0]?.run_id).toBe(tasks[0]?.last_run?.run_id);
  expect(runs[0]!.scheduled_for > runs[1]!.scheduled_for).toBe(true);
  const { document, task } = await status(place, 'regions');
  expect(document.daemon).toMatchObject({ pid: second.pid });
  expect(task).toMatchObject({ running: false, failures: 0, last_run: { run_id: runs[0]!.run_id } });
  expect(task!.next_fire).toMatch(/-01-01T03:00:00\.000Z$/);
  expect((await json<HistoryDocument>(place, 'history', 'regions', '--limit', '2')).runs).toEqual(runs);
  await second.stop();
});

it('tells a task that runs from one whose process was killed', async () => {
  const place = await site.place();
  const run = place.start('run', '-s', place.writeSpec('slow', slowSpec(60)));
  await run.waitForLine(/reading/);
  expect((await status(place, 'slow')).task).toMatchObject({ running: true, died_since: null });
  run.kill('SIGKILL');
  await run.exit;
  expect((await status(place, 'slow')).task).toMatchObject({ running: false, running_since: null });
  expect((await status(place, 'slow')).task?.died_since).not.toBeNull();
});

it('is where a run of an incremental task goes on, also where somebody has set it', async () => {
  const place = await site.place();
  const table = { name: 'regions', cdc: { region_id: { mode: 'watermark', initial: 1 } } };
  const file = place.writeSpec('regions', regionsSpec({ table }));
  const rows = async () => reportOf(await place.tidemark('run', '-s', file, '--json')).tables[0]?.rows;
  expect(await rows()).toBe(3);
  expect(await rows()).toBe(0);
  const { stdout } = await place.tidemark('watermark', 'set', 'regions', '2');
  expect(stdout).toContain('Rows with regions.region_id in (2, 4] will be published a second time.');
  expect(await rows()).toBe(2);
  await place.tidemark('watermark', 'reset', 'regions');
  expect(await rows()).toBe(3);
  const { runs, events } = await json<HistoryDocument>(place, 'history', 'regions');
  expect(runs.map((run) => [run.windows[0]?.from, run.windows[0]?.to])).toEqual([
    ['1', '4'],
    ['2', '4'],
    ['4', '4'],
    ['1', '4'],
  ]);
  expect(events.map(({ detail }) => detail)).toEqual([
    'watermark regions.region_id reset; it was 4',
    'watermark regions.region_id set from 4 to 2',
  ]);
});

it('goes through a pipe that is closed early', async () => {
  const place = await site.place();
  for (let number = 0; number < 800; number++)
    place.writeSpec(`regions_${number}`, regionsSpec({ task_name: `regions_${number}` }));
  const command = `"$0" "$1" status --json --config "$2" | head -c 10; exit "\${PIPESTATUS[0]}"`;
  const child = spawnSync('bash', ['-c', command, process.execPath, CLI, place.configFile], {
    encoding: 'utf8',
  });
  expect(child).toMatchObject({ status: 0, stderr: '' });
  expect(child.stdout).toHaveLength(10);
});
