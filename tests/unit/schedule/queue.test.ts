import * as fc from 'fast-check';
import { slotTrigger } from '../../../src/schedule/due.ts';
import { drop, emptyQueue, offer, release, resize, type Queue } from '../../../src/schedule/queue.ts';

const at = (second: number) => slotTrigger(false, new Date(second * 1000), null);

describe('the queue', () => {
  it('starts up to the limit, and lets the others wait their turn', () => {
    let queue = emptyQueue(1);
    const outcomes = ['a', 'b', 'c'].map((task) => {
      const offered = offer(queue, { task, trigger: at(0) });
      queue = offered.queue;
      return offered.outcome;
    });
    expect(outcomes).toEqual(['start', 'wait', 'wait']);
    const next = release(queue, 'a');
    expect(next.start?.task).toBe('b');
    expect([...next.queue.running.keys()]).toEqual(['b']);
    expect([...next.queue.waiting.keys()]).toEqual(['c']);
  });

  it('starts who waits where more may run, and nobody before there is room where fewer may', () => {
    let queue = emptyQueue(3);
    for (const task of ['a', 'b', 'c', 'd', 'e']) queue = offer(queue, { task, trigger: at(0) }).queue;
    const less = resize(queue, 1);
    expect([less.start, [...less.queue.running.keys()]]).toEqual([[], ['a', 'b', 'c']]);
    const two = release(less.queue, 'a');
    const one = release(two.queue, 'b');
    expect([two.start, one.start, [...one.queue.running.keys()]]).toEqual([null, null, ['c']]);
    expect(release(one.queue, 'c').start?.task).toBe('d');
    const more = resize(one.queue, 5);
    expect(more.start.map(({ task }) => task)).toEqual(['d', 'e']);
    expect([[...more.queue.running.keys()], more.queue.waiting.size]).toEqual([['c', 'd', 'e'], 0]);
  });

  it('refuses a task that runs or waits, and keeps the slot it has', () => {
    let queue = offer(emptyQueue(1), { task: 'a', trigger: at(0) }).queue;
    queue = offer(queue, { task: 'b', trigger: at(0) }).queue;
    expect(offer(queue, { task: 'a', trigger: at(60) })).toEqual({ queue, outcome: 'already running' });
    expect(offer(queue, { task: 'b', trigger: at(60) })).toEqual({ queue, outcome: 'already waiting' });
    expect(release(queue, 'a').start).toEqual({ task: 'b', trigger: at(0) });
  });

  it('drops those who wait, not those who run', () => {
    let queue = emptyQueue(1);
    for (const task of ['a', 'b', 'c']) queue = offer(queue, { task, trigger: at(0) }).queue;
    const { queue: left, dropped } = drop(queue, (task) => task !== 'c');
    expect(dropped.map((place) => place.task)).toEqual(['b']);
    expect([...left.running.keys(), ...left.waiting.keys()]).toEqual(['a', 'c']);
  });

  it('does not release who does not run', () => {
    expect(() => release(emptyQueue(1), 'a')).toThrow('a is not running');
  });

  it('never runs too many or one twice, and starts everybody who waits in order of arrival', () => {
    const task = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
    const step = fc.oneof(
      fc.record({ kind: fc.constant('fire' as const), task }),
      fc.record({ kind: fc.constant('end' as const), which: fc.nat(5) }),
      fc.record({ kind: fc.constant('drop' as const), task }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.array(step, { maxLength: 60 }), (max, steps) => {
        let queue: Queue = emptyQueue(max);
        const running = new Set<string>();
        const expectedNext: string[] = [];
        const begin = (name: string) => {
          expect(running.has(name)).toBe(false);
          running.add(name);
          expect(running.size).toBeLessThanOrEqual(max);
        };
        const end = (name: string) => {
          running.delete(name);
          const next = release(queue, name);
          queue = next.queue;
          expect(next.start?.task).toBe(expectedNext.shift());
          if (next.start !== null) begin(next.start.task);
        };
        let second = 0;
        for (const one of steps) {
          if (one.kind === 'fire') {
            const offered = offer(queue, { task: one.task, trigger: at(second++) });
            queue = offered.queue;
            if (offered.outcome === 'start') begin(one.task);
            if (offered.outcome === 'wait') expectedNext.push(one.task);
          } else if (one.kind === 'end') {
            const name = [...running][one.which % Math.max(1, running.size)];
            if (name !== undefined) end(name);
          } else {
            queue = drop(queue, (name) => name === one.task).queue;
            if (expectedNext.includes(one.task)) expectedNext.splice(expectedNext.indexOf(one.task), 1);
          }
          // Nobody waits while there is room.
          expect(queue.waiting.size === 0 || queue.running.size === max).toBe(true);
          expect([...queue.running.keys()].toSorted()).toEqual([...running].toSorted());
        }
        while (running.size > 0) end([...running][0] as string);
        expect(queue.waiting.size).toBe(0);
        expect(expectedNext).toEqual([]);
      }),
    );
  });
});
