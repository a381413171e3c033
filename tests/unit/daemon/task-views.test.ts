import { listTasks } from '../../../src/daemon/task-views.ts';
import { slotTrigger } from '../../../src/schedule/due.ts';
import { emptyQueue, offer } from '../../../src/schedule/queue.ts';
import { updateSpecSet, type Content } from '../../../src/watch/spec-set.ts';
import { fakePast, fakeReport } from '../schedule/fake-report.ts';
import { faults, sampleSpec } from '../watch/sample-spec.ts';

const at = new Date('2026-03-04T05:06:07Z');
const valid = (file: string, fields: Parameters<typeof sampleSpec>[1] = {}): Content => ({
  spec: sampleSpec(file, { file, ...fields }),
});

describe('listTasks', () => {
  it('shows each task with its schedule, state and last run, and the files that are no task', () => {
    const first = updateSpecSet(
      new Map(),
      ['b', 'a', 'copy', 'new'],
      new Map<string, Content>([
        ['b', valid('b', { schedule: null })],
        ['a', valid('a', { timezone: 'Asia/Tokyo' })],
        ['copy', { spec: sampleSpec('a', { file: 'copy' }) }],
        ['new', { error: faults('new') }],
      ]),
    );
    const { set } = updateSpecSet(first.set, [...first.set.keys()], new Map([['b', { error: faults('b') }]]));
    let queue = offer(emptyQueue(1), { task: 'a', trigger: slotTrigger(false, at, null) }).queue;
    queue = offer(queue, { task: 'b', trigger: slotTrigger(false, at, null) }).queue;
    const last = fakePast(fakeReport('a', at));
    expect(
      listTasks({
        specs: set,
        timezone: 'UTC',
        next: (task) => (task === 'a' ? at : null),
        queue,
        paused: new Map([['b', { since: '2026-03-04T00:00:00.000Z', actor: 'anna@127.0.0.1' }]]),
        staleSince: (task) => (task === 'b' ? at : null),
        lastRuns: new Map([['a', last]]),
      }),
    ).toEqual({
      tasks: [
        {
          task: 'a',
          file: 'a',
          schedule: '0 3 * * *',
          timezone: 'Asia/Tokyo',
          next_fire: '2026-03-04T05:06:07.000Z',
          running: true,
          waiting: false,
          paused: null,
          last_run: last,
          stale_since: null,
          invalid_edit: null,
        },
        {
          task: 'b',
          file: 'b',
          schedule: null,
          timezone: 'UTC',
          next_fire: null,
          running: false,
          waiting: true,
          paused: { since: '2026-03-04T00:00:00.000Z', actor: 'anna@127.0.0.1' },
          last_run: null,
          stale_since: '2026-03-04T05:06:07.000Z',
          invalid_edit: 'b:1:1 not JSON',
        },
      ],
      unusable: [
        {
          file: 'copy',
          message: 'copy:1:1 task_name: found "a", which a has already; a name of its own is needed',
        },
        { file: 'new', message: 'new:1:1 not JSON' },
      ],
    });
  });
});
