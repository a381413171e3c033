import { inNeed, problemsOf } from '../../../src/http/page/problems.ts';
import type { Overview, TaskSummary } from '../../../src/http/page/model.ts';
import { fakePast, fakeReport } from '../schedule/fake-report.ts';
import { INSTANCE } from './fake-pages.ts';

const at = new Date('2026-03-04T05:06:07Z');
const summary = (
  task: string,
  view: Partial<TaskSummary['view']> = {},
  failing: TaskSummary['failing'] = null,
) => ({
  view: {
    task,
    file: `specs/${task}.json`,
    schedule: '0 3 * * *',
    timezone: 'Europe/Berlin',
    next_fire: null,
    running: false,
    waiting: false,
    paused: null,
    last_run: null,
    stale_since: null,
    invalid_edit: null,
    ...view,
  },
  owner: 'a@example.com',
  route: 'mysql → s3',
  failing,
  watermarks: [],
  recent: [],
});
const overview = (changes: Partial<Overview>): Overview => ({
  instance: INSTANCE,
  tasks: [],
  unusable: [],
  live: [],
  ...changes,
});
const failed = (task: string, since: string, runs: number) =>
  summary(task, { last_run: fakePast(fakeReport(task, at, 'ACCESS_DENIED')) }, { since, runs });

it('finds nothing where all is well', () => {
  expect(problemsOf(overview({ tasks: [summary('a'), summary('b')] }))).toEqual([]);
});

it('tells what has failed for longest first, then what is stale, then what cannot be used', () => {
  const problems = problemsOf(
    overview({
      instance: { ...INSTANCE, not_ready: 'the specs folder is gone' },
      tasks: [
        failed('new', '2026-03-04T00:00:00.000Z', 1),
        failed('old', '2026-03-01T00:00:00.000Z', 3),
        summary('edited', { invalid_edit: 'specs/edited.json:3:1 found x' }),
        summary('stale', {
          stale_since: '2026-03-02T00:00:00.000Z',
          paused: { since: '2026-03-01T00:00:00.000Z', actor: 'ann@127.0.0.1' },
        }),
      ],
      unusable: [{ file: 'specs/b.json', message: 'specs/b.json:1:1 not JSON' }],
    }),
  );
  expect(problems.map(({ title }) => title)).toEqual([
    'The daemon is not ready',
    'old failed, 3 runs in a row',
    'new failed',
    'stale has not succeeded for longer than its spec promises',
    'The last edit of edited cannot be used; its version before that stays in force',
    'specs/b.json cannot be used, and nothing is scheduled from it',
  ]);
  expect(problems[1]).toMatchObject({ code: 'ACCESS_DENIED', run: 'run-of-old', zone: 'Europe/Berlin' });
  expect(problems[3]).toMatchObject({ cause: 'It is paused, by ann@127.0.0.1.', hint: 'Resume it.' });
  for (const { cause, hint } of problems) expect([cause, hint]).not.toContain('');
  expect(inNeed(problems)).toBe(6);
});

it('counts a task once that both fails and has an edit that cannot be used', () => {
  const both = failed('a', '2026-03-01T00:00:00.000Z', 1);
  const problems = problemsOf(
    overview({ tasks: [{ ...both, view: { ...both.view, invalid_edit: 'specs/a.json:1:1 not JSON' } }] }),
  );
  expect([problems.length, inNeed(problems)]).toEqual([2, 1]);
});
