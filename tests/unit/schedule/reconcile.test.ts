import { reconcile, timingOf, type Timing } from '../../../src/schedule/reconcile.ts';

const spec = (schedule: string | null, timezone: string | null = null) => ({ schedule, timezone });
const timing = (schedule: string, timezone = 'UTC'): Timing => ({ schedule, timezone });

describe('timingOf', () => {
  it('is the spec’s own zone, or else the config’s, or nothing without a schedule', () => {
    expect(timingOf(spec('0 3 * * *', 'Europe/Paris'), 'UTC')).toEqual(timing('0 3 * * *', 'Europe/Paris'));
    expect(timingOf(spec('0 3 * * *'), 'Asia/Tokyo')).toEqual(timing('0 3 * * *', 'Asia/Tokyo'));
    expect(timingOf(spec(null, 'Europe/Paris'), 'UTC')).toBeNull();
  });
});

describe('reconcile', () => {
  it.each([
    ['starts what is new', {}, { a: spec('0 3 * * *') }, { start: ['a'], replace: [], stop: [] }],
    [
      'leaves alone what is the same',
      { a: timing('0 3 * * *') },
      { a: spec('0 3 * * *') },
      { start: [], replace: [], stop: [] },
    ],
    [
      'sees a zone that was spelt out',
      { a: timing('0 3 * * *') },
      { a: spec('0 3 * * *', 'UTC') },
      { start: [], replace: [], stop: [] },
    ],
    [
      'replaces another schedule',
      { a: timing('0 3 * * *') },
      { a: spec('0 4 * * *') },
      { start: [], replace: ['a'], stop: [] },
    ],
    [
      'replaces another zone',
      { a: timing('0 3 * * *') },
      { a: spec('0 3 * * *', 'Asia/Tokyo') },
      { start: [], replace: ['a'], stop: [] },
    ],
    ['stops what is gone', { a: timing('0 3 * * *') }, {}, { start: [], replace: [], stop: ['a'] }],
    [
      'stops what now runs by hand only',
      { a: timing('0 3 * * *') },
      { a: spec(null) },
      { start: [], replace: [], stop: ['a'] },
    ],
    ['never starts what runs by hand only', {}, { a: spec(null) }, { start: [], replace: [], stop: [] }],
  ])('%s', (_, current, wanted, expected) => {
    const changes = reconcile(new Map(Object.entries(current)), new Map(Object.entries(wanted)), 'UTC');
    expect({
      start: [...changes.start.keys()],
      replace: [...changes.replace.keys()],
      stop: changes.stop,
    }).toEqual(expected);
  });
});
