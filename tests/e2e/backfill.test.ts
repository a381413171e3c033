/** Backfills of the built CLI: beside a live daemon, interrupted and resumed, each row in exactly one window. */
import type { PastRun } from '../../src/domain/run.ts';
import type { CliResult } from '../support/cli.ts';
import { waitFor } from '../support/wait-for.ts';
import { startGate, type Gate } from './gate.ts';
import { openSite, type Place, type Site } from './site.ts';
import { sampleSpec } from './specs.ts';

/** People were hired between 1987 and 2000; most windows are empty. */
const STRETCH = ['--from', '1987-01-01', '--to', '2000-06-01', '--every', '6 months'];
const WINDOWS = 27;
const SPEC = ['-s', 'specs/employees.json'];

let site: Site;
let gate: Gate;
beforeAll(async () => {
  site = await openSite();
  gate = await startGate(site.s3.endpoint);
});
afterAll(async () => {
  await site.stop();
  await gate.stop();
});

async function placeWith(changes: Readonly<Record<string, unknown>> = {}): Promise<Place> {
  const place = await site.place({ sink: { endpoint: gate.endpoint } });
  const table = {
    name: 'employees',
    columns: ['employee_id', 'hire_date'],
    cdc: { hire_date: { mode: 'watermark', initial: '1999-01-01' } },
  };
  place.writeSpec('employees', sampleSpec({ table, ...changes }));
  return place;
}

interface BackfillDocument {
  readonly backfill: string;
  readonly windows: number;
  readonly remaining: number;
  readonly runs: readonly { readonly status: string }[];
}

async function backfill(
  place: Place,
  ...more: string[]
): Promise<BackfillDocument & { code: number | null }> {
  return documentOf(await place.tidemark('backfill', ...SPEC, ...STRETCH, '--json', ...more));
}

function documentOf({ stdout, code }: CliResult): BackfillDocument & { code: number | null } {
  return { ...(JSON.parse(stdout) as BackfillDocument), code };
}

/** Ids in the objects of one backfill, with repetitions. */
async function idsIn(place: Place, id: string): Promise<string[]> {
  const keys = (await place.keys()).filter((key) => key.includes(`employees_backfill_${id}_`));
  const texts = await Promise.all(keys.map((key) => place.text(key)));
  return texts.flatMap((text) => text.trim().split('\n').slice(1)).map((line) => line.split(',')[0]!);
}

async function expectedIds(): Promise<string[]> {
  const [rows] = await site.database.connection.query(
    "SELECT employee_id AS id FROM employees WHERE hire_date > '1987-01-01' AND hire_date <= '2000-06-01'",
  );
  return (rows as { id: number }[]).map(({ id }) => String(id));
}

async function runsOf(place: Place): Promise<PastRun[]> {
  const { stdout } = await place.tidemark('history', 'employees', '--limit', '5000', '--json');
  return (JSON.parse(stdout) as { runs: PastRun[] }).runs;
}

it('is interrupted, goes on where it stopped, and is then done; the live watermark stays', async () => {
  const place = await placeWith();
  await place.tidemark('run', ...SPEC);
  const before = (await place.tidemark('watermark', 'get', 'employees', '--json')).stdout;

  gate.holdMatching(/partNumber=/, 'before', 5);
  const first = place.start('backfill', ...SPEC, ...STRETCH);
  await gate.held();
  first.kill('SIGINT');
  gate.open();
  expect((await first.exit).code).toBe(4);

  const second = await backfill(place);
  expect(second).toMatchObject({ code: 0, windows: WINDOWS, remaining: 0 });
  expect(second.runs.length).toBeGreaterThan(0);
  expect(second.runs.length).toBeLessThan(WINDOWS);
  expect((await idsIn(place, second.backfill)).toSorted()).toEqual((await expectedIds()).toSorted());
  expect(await backfill(place)).toMatchObject({ code: 0, backfill: second.backfill, runs: [] });
  expect((await place.tidemark('watermark', 'get', 'employees', '--json')).stdout).toBe(before);
});

it('is refused before its first window where its last one reaches into the present', async () => {
  const place = await placeWith();
  const stretch = ['--from', '1987-01-01', '--to', '2987-01-01', '--every', '500 years'];
  const { code, stderr } = await place.tidemark('backfill', ...SPEC, ...stretch);
  expect(code).toBe(2);
  expect(stderr).toContain('employees.hire_date ends at 2987-01-01');
  expect(stderr).toContain('Choose an earlier --to');
  expect(await place.keys()).toEqual([]);
  expect(await runsOf(place)).toEqual([]);
});

it('is the same one however its step is written', async () => {
  const place = await placeWith();
  const by = async (every: string) => {
    const stretch = ['--from', '1999-01-01', '--to', '1999-01-29', '--every', every, '--json'];
    const { stdout } = await place.tidemark('backfill', ...SPEC, ...stretch);
    return JSON.parse(stdout) as BackfillDocument;
  };
  const first = await by('2 weeks');
  expect(first).toMatchObject({ windows: 2, runs: [{ status: 'succeeded' }, { status: 'succeeded' }] });
  expect(await by('14d')).toMatchObject({ backfill: first.backfill, runs: [] });
});

it('lets the slots of a daemon have their turn: none is skipped', async () => {
  const place = await placeWith({ schedule: '*/3 * * * * *' });
  const daemon = place.start('daemon');
  await waitFor('a live run', async () => ((await runsOf(place)).length > 0 ? true : null));
  gate.holdMatching(/employees_backfill_.*partNumber=/, 'before', 3);
  const running = place.start('backfill', ...SPEC, ...STRETCH, '--json');
  await gate.held();
  // A slot comes while a window is being written, and its run waits for its turn.
  await waitFor('a live run that waits', async () => {
    const answer = await fetch(`http://127.0.0.1:${place.httpPort}/api/tasks`);
    const { tasks } = (await answer.json()) as { tasks: { running: boolean }[] };
    return tasks[0]?.running === true ? true : null;
  });
  gate.open();
  const { backfill: id, code } = documentOf(await running.exit);
  expect(code).toBe(0);
  expect((await daemon.stop()).code).toBe(0);
  expect((await idsIn(place, id)).toSorted()).toEqual((await expectedIds()).toSorted());

  const runs = await runsOf(place);
  const windows = runs.filter(({ kind }) => kind === 'backfill').map(({ started_at }) => started_at);
  const [last, first] = [windows[0]!, windows.at(-1)!];
  const live = runs.filter(
    ({ kind, started_at }) => kind !== 'backfill' && started_at > first && started_at < last,
  );
  expect(live.length).toBeGreaterThan(0);
  const refused = runs.filter(({ error }) => error?.message.includes('already running in process') === true);
  expect(refused).toEqual([]);
});
