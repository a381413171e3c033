/** Two daemons with one state: who leads, what the other shows and refuses, and who takes over. */
import { openPair, logOf, TASK, type Pair } from './ha/site.ts';
import { waitFor } from '../support/wait-for.ts';

const SEED = Number(process.env['KILL_SEED'] ?? Date.now() % 1_000_000);
let pair: Pair;
beforeEach(async () => {
  pair = await openPair(SEED);
});
afterEach(() => pair.stop());

it('takes over when the leader stops in order, and shows at all times which of the two it is', async () => {
  const [a, b] = pair.daemons;
  a.start();
  expect(await pair.leader()).toBe(a);
  b.start();
  const standby = await waitFor('the standby', async () => {
    const said = await b.ready();
    return said === null || said.leader === null ? null : said;
  });
  expect(standby).toEqual({ status: 'ready', role: 'standby', leader: (await a.ready())!.leader });
  await pair.published(2);
  expect(await a.metric('tidemark_leader')).toBe(1);
  expect(await b.metric('tidemark_leader')).toBe(0);

  const tasks = await fetch(`http://127.0.0.1:${b.place.httpPort}/api/tasks`);
  const { tasks: shown } = (await tasks.json()) as {
    tasks: { task: string; last_run: { status: string } }[];
  };
  expect(shown).toEqual([expect.objectContaining({ task: TASK })]);
  expect(shown[0]!.last_run.status).toBe('succeeded');
  const page = await (await fetch(`http://127.0.0.1:${b.place.httpPort}/`)).text();
  expect(page).toMatch(/standing by, .* leads/);

  const spec = b.place.path('specs', `${TASK}.json`);
  const run = await b.place.tidemark('run', '-s', spec);
  expect(run.code).toBe(1);
  expect(run.stderr).toMatch(/The daemon on .* leads, not the one on this machine/);
  const set = await b.place.tidemark('watermark', 'set', TASK, '2026-01-01 00:00:00', '--table', 'entries');
  expect(set.stderr).toMatch(/NOT_LEADER/);

  expect((await a.process()!.stop()).code).toBe(0);
  expect(await pair.leader()).toBe(b);
  await pair.published(2);
  expect(await b.metric('tidemark_leader')).toBe(1);
  await pair.expectAllInOrder();
});

it('finishes or undoes what a leader left that was killed, and misses no slot', async () => {
  const [a, b] = pair.daemons;
  a.start();
  await pair.leader();
  b.start();
  await pair.published(2);
  await a.kill();
  expect(await pair.leader()).toBe(b);
  await pair.published(1);
  a.start();
  await waitFor('the standby', async () => ((await a.ready())?.role === 'standby' ? true : null));
  await pair.expectAllInOrder();
});

it('does no harm when it was paused, and stands by when it goes on', async () => {
  const [a, b] = pair.daemons;
  a.start();
  await pair.leader();
  b.start();
  await pair.published(2);
  a.process()!.kill('SIGSTOP');
  expect(await pair.leader(a)).toBe(b);
  await pair.published(1);
  a.process()!.kill('SIGCONT');
  await waitFor('the standby', async () => ((await a.ready())?.role === 'standby' ? true : null));
  expect(logOf(a)).toMatch(/LEADERSHIP_LOST/);
  await pair.expectAllInOrder();
});
