import { watchBeats } from '../../../src/queue/beats.ts';

const LOST_AFTER = 1000;
const EVERY = 200;

function watched(...names: string[]) {
  const beats = watchBeats(LOST_AFTER, EVERY);
  for (const name of names) beats.watch(name);
  return beats;
}

it('misses who has not been heard of for too long, and nobody else', () => {
  const beats = watched('dead', 'alive', 'never seen');
  const read = (tick: number): void => {
    const counts = [
      ['dead', Math.min(tick, 1)],
      ['alive', tick],
    ] as const;
    beats.read(new Map(counts), tick * EVERY);
  };
  for (let tick = 0; tick <= 5; tick++) read(tick);
  expect(beats.silent()).toEqual(['never seen']);
  read(6);
  expect(beats.silent()).toEqual(['dead', 'never seen']);
});

it('holds against nobody the time in which nobody could be heard', () => {
  const beats = watched('a');
  beats.read(new Map([['a', 1]]), 0);
  beats.read(new Map([['a', 1]]), EVERY);
  // Redis was away for an hour: that is as much as two looks.
  beats.read(new Map([['a', 1]]), 3_600_000);
  expect(beats.silent()).toEqual([]);
  beats.read(new Map([['a', 2]]), 3_600_000 + EVERY);
  for (let tick = 2; tick <= 5; tick++) beats.read(new Map([['a', 2]]), 3_600_000 + tick * EVERY);
  expect(beats.silent()).toEqual([]);
  beats.read(new Map([['a', 2]]), 3_600_000 + 6 * EVERY);
  expect(beats.silent()).toEqual(['a']);
});

it('does not miss who has been forgotten', () => {
  const beats = watched('a');
  for (let tick = 0; tick <= 10; tick++) beats.read(new Map(), tick * EVERY);
  expect(beats.silent()).toEqual(['a']);
  beats.forget('a');
  expect(beats.silent()).toEqual([]);
});
