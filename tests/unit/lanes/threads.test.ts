/** Threads that hold lanes, with real threads: what is asked of them, and what becomes of those who die. */
import type { BatchJob, JobEvents, Lane, LaneSetup } from '../../../src/lane-ports.ts';
import { laneThreads, type LaneThreads } from '../../../src/lanes/threads.ts';
import { RUN_SETUP } from '../../support/lane-setup.ts';

const NEVER = new AbortController().signal;
const SETUP: LaneSetup = { ...RUN_SETUP, partsAtOnce: null };
const job = (id: string): BatchJob => ({ id }) as BatchJob;

const pools: LaneThreads[] = [];
/** Each is told that its thread is gone; see `threadDesk` for what comes of that. */
let desks: { readonly gone: Promise<void>; times: number }[] = [];
const poolOf = (threads: number, hangMs?: number): LaneThreads => {
  const unasked = (): never => {
    throw new Error('not asked for in this test');
  };
  const pool = laneThreads({
    program: new URL('../../support/lane-program.ts', import.meta.url),
    threads,
    heapMb: 32,
    ...(hangMs === undefined ? {} : { hangMs }),
    desk: () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const desk = { gone: promise, times: 0 };
      desks.push(desk);
      const gone = (): void => {
        desk.times++;
        resolve();
      };
      const asked = { connection: unasked, partSent: unasked, takeAside: unasked, giveAside: unasked };
      return { work: () => null, gone, ...asked };
    },
  });
  pools.push(pool);
  return pool;
};
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
  desks = [];
});

function heard(): JobEvents & { readonly lines: string[] } {
  const lines: string[] = [];
  return {
    lines,
    beginning: async (key) => void lines.push(`beginning ${key}`),
    begun: async (key, outcome) => void lines.push(`begun ${key} ${JSON.stringify(outcome)}`),
    progress: (progress) => void lines.push(`progress ${JSON.stringify(progress)}`),
    said: (message) => void lines.push(`said ${message}`),
    waits: (reason) => void lines.push(`waits ${reason}`),
  };
}

it('does jobs, and passes on what they tell, in order', async () => {
  const [lane] = await poolOf(1).open(SETUP, 1, NEVER);
  expect(await lane!.begin(NEVER)).toEqual({ server: 's', commits: '1', position: 'log.1:1' });
  expect(await lane!.scalar('SELECT 1', NEVER)).toBe('SELECT 1');
  const events = heard();
  expect(await lane!.run(job('done'), events, NEVER)).toMatchObject({ rows: 1, notes: ['done'] });
  expect(events.lines).toEqual([
    'beginning a.csv',
    'begun a.csv {"uploadId":"u"}',
    'said hello',
    'progress {"rows":1,"bytes":2,"files":1}',
  ]);
});

it('fails with the error that was thrown there', async () => {
  const [lane] = await poolOf(1).open(SETUP, 1, NEVER);
  await expect(lane!.run(job('fail'), heard(), NEVER)).rejects.toMatchObject({
    name: 'TidemarkError',
    code: 'TABLE_UNKNOWN',
    message: 'no such table',
    sql: 'SELECT 1',
  });
  expect(await lane!.run(job('done'), heard(), NEVER)).toMatchObject({ rows: 1 });
});

it('fails where the journal does not let an upload be begun', async () => {
  const [lane] = await poolOf(1).open(SETUP, 1, NEVER);
  const full = { ...heard(), beginning: () => Promise.reject(new Error('the disk is full')) };
  await expect(lane!.run(job('done'), full, NEVER)).rejects.toThrow('the disk is full');
});

it.each([
  ['exit', 'exit code 3'],
  ['uncaught', 'out of the blue'],
  ['out of memory', 'ran out of memory'],
])('loses the lanes of a thread that dies (%s), and no others', async (deed, why) => {
  const pool = poolOf(2);
  const [one, two] = await pool.open(SETUP, 2, NEVER);
  const [beside] = await pool.open(SETUP, 1, NEVER);
  const idle = beside!.run(job('wait for the end'), heard(), NEVER);
  const dies = expect(one!.run(job(deed), heard(), NEVER)).rejects;
  await dies.toMatchObject({ code: 'LANE_LOST', message: expect.stringContaining(why) as string });
  // A lane of the same thread; which it is, is the pool's business.
  await expect(idle).rejects.toMatchObject({ code: 'LANE_LOST' });
  expect(await two!.run(job('done'), heard(), NEVER)).toMatchObject({ rows: 1 });
  await expect(one!.scalar('SELECT 1', NEVER)).rejects.toMatchObject({ code: 'LANE_LOST' });
  await Promise.all([one!, two!, beside!].map((lane: Lane) => lane.close()));
  const [again] = await pool.open(SETUP, 1, NEVER);
  expect(await again!.run(job('done'), heard(), NEVER)).toMatchObject({ rows: 1 });
});

it.each(['exit', 'uncaught', 'out of memory'])('says once that a thread is gone (%s)', async (deed) => {
  const pool = poolOf(2);
  const [lane] = await pool.open(SETUP, 2, NEVER);
  await expect(lane!.run(job(deed), heard(), NEVER)).rejects.toMatchObject({ code: 'LANE_LOST' });
  await Promise.race(desks.map(({ gone }) => gone));
  expect(desks.filter(({ times }) => times === 1).length).toBe(1);
  await pool.close();
  expect(desks.map(({ times }) => times)).toEqual([1, 1]);
});

it('ends a thread in which a lane cannot be closed', async () => {
  const pool = poolOf(1, 50);
  const lanes = await pool.open({ ...SETUP, task: 'cannot be closed' }, 2, NEVER);
  await lanes[0]!.close();
  await desks[0]!.gone;
  await expect(lanes[1]!.scalar('SELECT 1', NEVER)).rejects.toMatchObject({ code: 'LANE_LOST' });
});

it('ends what it is told to end, and a thread that does not', async () => {
  const pool = poolOf(1, 50);
  const [lane] = await pool.open(SETUP, 1, NEVER);
  const reason = new Error('stop');
  for (const deed of ['wait for the end', 'hang']) {
    const told = new AbortController();
    const run = lane!.run(job(deed), heard(), told.signal);
    setImmediate(() => told.abort(reason));
    await expect(run).rejects.toBe(reason);
  }
  await expect(lane!.run(job('done'), heard(), NEVER)).rejects.toMatchObject({ code: 'LANE_LOST' });
});

it('opens all lanes or none', async () => {
  const pool = poolOf(2);
  const opened = pool.open({ ...SETUP, task: 'cannot be opened' }, 3, NEVER);
  await expect(opened).rejects.toMatchObject({ code: 'SERVER_UNREACHABLE' });
  const told = new AbortController();
  told.abort(new Error('stop'));
  await expect(pool.open(SETUP, 1, told.signal)).rejects.toThrow('stop');
});
