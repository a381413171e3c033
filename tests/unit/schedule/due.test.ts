import type { CatchUp } from '../../../src/domain/spec.ts';
import { COUNTED, due } from '../../../src/schedule/due.ts';

const at = (time: string) => new Date(`2026-03-04T${time}Z`);
const HOURLY = { schedule: '0 * * * *', timezone: 'UTC' };

/** What is due at 10:30, or at `now`, of a task that is settled up to a time. */
function decide(catchUp: CatchUp, settled: string, now = '10:30:00', onTimeFrom = '10:29:00') {
  const { run, ...rest } = due({
    timing: HOURLY,
    settled: at(settled),
    now: at(now),
    onTimeFrom: at(onTimeFrom),
    catchUp,
  });
  const time = (date: Date | null | undefined) => date?.toISOString().slice(11, 19) ?? null;
  return {
    run: run === null ? null : [run.kind, time(run.scheduledFor), time(run.until)],
    settled: time(rest.settled),
    missed: rest.missed,
    next: time(rest.next),
  };
}

describe.each<CatchUp>(['latest', 'all', 'none'])('with catch_up %s', (catchUp) => {
  it('nothing is due before the next slot', () => {
    expect(decide(catchUp, '10:00:00')).toEqual({
      run: null,
      settled: '10:00:00',
      missed: 0,
      next: '11:00:00',
    });
  });

  it('a slot that has come runs', () => {
    expect(decide(catchUp, '09:00:00', '10:00:00', '09:59:00')).toEqual({
      run: ['scheduled', '10:00:00', null],
      settled: '09:00:00',
      missed: 0,
      next: '11:00:00',
    });
  });

  it('a slot that came a little while ago runs as well', () => {
    expect(decide(catchUp, '09:00:00', '10:00:59', '10:00:00').run).toEqual(['scheduled', '10:00:00', null]);
  });
});

describe('a slot that came too long ago', () => {
  it('is made up for', () => {
    expect(decide('latest', '09:30:00').run).toEqual(['catch_up', '10:00:00', null]);
  });
  it('is made up for, and leaves what came after it, with "all"', () => {
    expect(decide('all', '09:30:00').run).toEqual(['catch_up', '10:00:00', '10:00:00']);
  });
  it('is let go with "none"', () => {
    expect(decide('none', '09:30:00')).toEqual({
      run: null,
      settled: '10:00:00',
      missed: 1,
      next: '11:00:00',
    });
  });
});

describe('of several slots that were missed', () => {
  it('the last one runs for all', () => {
    expect(decide('latest', '05:00:00')).toEqual({
      run: ['catch_up', '10:00:00', null],
      settled: '09:59:59',
      missed: 4,
      next: '11:00:00',
    });
  });

  it('the first one runs, each only for itself, with "all"', () => {
    expect(decide('all', '05:00:00')).toEqual({
      run: ['catch_up', '06:00:00', '06:00:00'],
      settled: '05:00:00',
      missed: 0,
      next: '07:00:00',
    });
  });

  it('none runs with "none"', () => {
    expect(decide('none', '05:00:00')).toEqual({
      run: null,
      settled: '10:00:00',
      missed: 5,
      next: '11:00:00',
    });
  });

  it.each<CatchUp>(['latest', 'none'])('only the last one runs where that is on time: %s', (catchUp) => {
    expect(decide(catchUp, '05:00:00', '10:00:30', '09:59:30')).toEqual({
      run: ['scheduled', '10:00:00', null],
      settled: '09:59:59',
      missed: 4,
      next: '11:00:00',
    });
  });
});

it('with "all", a slot with others behind it leaves them their rows, also where it is on time', () => {
  const secondly = due({
    timing: { schedule: '* * * * * *', timezone: 'UTC' },
    settled: at('10:00:00'),
    now: at('10:00:03'),
    onTimeFrom: at('09:59:03'),
    catchUp: 'all',
  });
  expect(secondly.run).toMatchObject({ kind: 'scheduled', until: at('10:00:01') });
});

it('missed slots are counted up to a limit, also those of years', () => {
  const decision = due({
    timing: { schedule: '* * * * * *', timezone: 'UTC' },
    settled: new Date('2016-01-01T00:00:00Z'),
    now: at('10:00:00'),
    onTimeFrom: at('09:59:00'),
    catchUp: 'latest',
  });
  expect([decision.run?.scheduledFor, decision.missed]).toEqual([at('10:00:00'), COUNTED]);
});

it('nothing is ever due where no day fits', () => {
  const never = { schedule: '0 0 L-29 2 *', timezone: 'UTC' };
  const input = { timing: never, settled: at('05:00:00'), now: at('10:00:00'), onTimeFrom: at('09:59:00') };
  expect(due({ ...input, catchUp: 'latest' })).toMatchObject({ run: null, next: null });
});
