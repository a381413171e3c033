/** Schedules on a clock of the test's own: no timer, no Date of the machine. */
import { fakeDaemon, task, time } from './fake-daemon.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

describe('a schedule', () => {
  it('runs each slot once, for whole seconds', () => {
    const { apply, pass, begun, book } = fakeDaemon('2026-03-04T05:06:07.250Z');
    apply(task('*/20 * * * * *'));
    pass(MINUTE);
    expect(begun).toEqual([
      'scheduled a 03-04T05:06:20',
      'scheduled a 03-04T05:06:40',
      'scheduled a 03-04T05:07:00',
    ]);
    expect(book.kept.get('a')?.settled.toISOString()).toBe('2026-03-04T05:07:00.000Z');
  });

  it('follows the specs', () => {
    const { apply, pass, begun, next } = fakeDaemon('2026-03-04T05:06:07Z');
    const other = { ...task('20 * * * * *'), taskName: 'b' };
    apply(task('10 * * * * *'), other, { ...task(null), taskName: 'by-hand' });
    pass(5 * SECOND);
    apply(task('15 * * * * *'));
    pass(MINUTE);
    expect(begun).toEqual([
      'scheduled a 03-04T05:06:10',
      'scheduled a 03-04T05:06:15',
      // b is gone
    ]);
    expect([next('a')?.toISOString(), next('b'), next('by-hand')]).toEqual([
      '2026-03-04T05:07:15.000Z',
      null,
      null,
    ]);
  });

  it('takes another zone for the specs that name none', () => {
    const { apply, applyIn, pass, begun } = fakeDaemon('2026-03-04T05:06:07Z');
    apply(task('0 8 * * *'), { ...task('0 9 * * *', { timezone: 'UTC' }), taskName: 'own' });
    applyIn('Europe/Berlin', task('0 8 * * *'), {
      ...task('0 9 * * *', { timezone: 'UTC' }),
      taskName: 'own',
    });
    apply(task('0 8 * * *'), { ...task('0 9 * * *', { timezone: 'UTC' }), taskName: 'own' });
    pass(DAY);
    expect(begun).toEqual(['scheduled a 03-04T07:00:00', 'scheduled own 03-04T09:00:00']);
  });

  it('runs nothing once it is stopped', () => {
    const { apply, pass, stop, begun } = fakeDaemon('2026-03-04T05:06:07Z');
    apply(task('* * * * * *'));
    stop();
    pass(MINUTE);
    apply(task('*/2 * * * * *'));
    pass(MINUTE);
    expect(begun).toEqual([]);
  });

  it('says which task has a schedule that never comes', () => {
    const { apply, next, log } = fakeDaemon('2026-03-04T05:06:07Z');
    apply(task('0 0 L-29 2 *'));
    expect(log.lines).toMatchObject([{ level: 'error', task: 'a', schedule: '0 0 L-29 2 *' }]);
    expect(next('a')).toBeNull();
  });

  it('runs by the clock of its zone, through a change of the clocks', () => {
    const { apply, pass, begun } = fakeDaemon('2026-10-24T12:00:00Z');
    apply(
      task('30 2 * * *', { timezone: 'Europe/Berlin' }),
      { ...task('0 2-3 * * *', { timezone: 'America/New_York' }), taskName: 'b' },
      { ...task('*/30 1 * * *', { timezone: 'Australia/Lord_Howe' }), taskName: 'c' },
    );
    pass(DAY);
    expect(begun).toEqual([
      'scheduled c 10-24T14:00:00',
      'scheduled c 10-24T14:30:00',
      'scheduled a 10-25T00:30:00',
      'scheduled b 10-25T06:00:00',
      'scheduled b 10-25T07:00:00',
    ]);
  });

  it('is woken for its slots, and otherwise twice a minute', () => {
    const { apply, clock } = fakeDaemon('2026-03-04T05:00:00Z');
    const specs = Array.from({ length: 1000 }, (_, index) => ({
      ...task(`${index % 60} ${index % 24} * * *`),
      taskName: `task${index}`,
    }));
    apply(...specs);
    clock.pass(30 * MINUTE);
    // 0 5, 24 5 … of each hour's tasks: few of a thousand come in half an hour.
    expect(clock.wakes()).toBeLessThan(100);
    expect(clock.wakes()).toBeGreaterThanOrEqual(60);
  });
});

describe('a task that is seen for the first time', () => {
  it('begins with its first slot after that', () => {
    const { apply, pass, begun } = fakeDaemon('2026-03-04T05:06:07Z');
    apply(task('0 * * * *'));
    pass(HOUR);
    expect(begun).toEqual(['scheduled a 03-04T06:00:00']);
  });

  it('misses that slot where the daemon is down by then', () => {
    const { apply, restartAfter, begun } = fakeDaemon('2026-03-04T05:06:07Z');
    apply(task('0 * * * *'));
    restartAfter(HOUR);
    apply(task('0 * * * *'));
    expect(begun).toEqual(['catch_up a 03-04T06:00:00']);
  });

  it('is a new one again after it was deleted, or ran by hand only', () => {
    const { apply, pass, restartAfter, begun, book } = fakeDaemon('2026-03-04T05:06:07Z');
    apply(task('0 * * * *'));
    apply();
    expect(book.kept.size).toBe(0);
    pass(DAY);
    apply(task('0 * * * *'));
    apply(task(null));
    restartAfter(DAY);
    apply(task('0 * * * *'));
    expect(begun).toEqual([]);
  });
});

describe('slots that came while no daemon was there', () => {
  const missing = (catchUp: 'latest' | 'all' | 'none') => {
    const daemon = fakeDaemon('2026-03-04T05:30:00Z');
    const spec = task('0 * * * *', { catchUp });
    daemon.apply(spec);
    daemon.pass(HOUR);
    daemon.restartAfter(4 * HOUR);
    daemon.begun.length = 0;
    daemon.apply(spec);
    return { ...daemon, spec };
  };

  it('are made up for by one run', () => {
    const { begun, says, pass } = missing('latest');
    expect(begun).toEqual(['catch_up a 03-04T10:00:00']);
    expect(says('slots were missed')).toMatchObject([
      { level: 'warn', missed: 3, catch_up: 'latest', run_for: '2026-03-04T10:00:00.000Z' },
    ]);
    pass(HOUR);
    expect(begun.slice(1)).toEqual(['scheduled a 03-04T11:00:00']);
  });

  it('are run one by one with "all"', () => {
    const { begun, pass } = missing('all');
    pass(HOUR);
    expect(begun).toEqual([
      'catch_up a 03-04T07:00:00 until 03-04T07:00:00',
      'catch_up a 03-04T08:00:00 until 03-04T08:00:00',
      'catch_up a 03-04T09:00:00 until 03-04T09:00:00',
      'catch_up a 03-04T10:00:00 until 03-04T10:00:00',
      'scheduled a 03-04T11:00:00',
    ]);
  });

  it('are let go with "none", also where the last one has only just passed', () => {
    const { begun, says, restartAfter, apply, spec, pass } = missing('none');
    expect(begun).toEqual([]);
    expect(says('slots were missed')).toMatchObject([{ missed: 4, run_for: null }]);
    pass(29 * MINUTE + 59 * SECOND);
    restartAfter(2 * SECOND);
    apply(spec);
    expect(begun).toEqual([]);
  });

  it('are made up for once, also where that run is interrupted', () => {
    const { begun, end, holdRuns, restartAfter, apply, spec, stop, pass, book } = missing('latest');
    holdRuns();
    pass(HOUR);
    stop();
    end('a', 'INTERRUPTED');
    expect(time(book.kept.get('a')!.settled)).toBe('03-04T10:00:00');
    restartAfter(MINUTE);
    apply(spec);
    end('a');
    restartAfter(MINUTE);
    apply(spec);
    expect(begun.slice(1)).toEqual(['scheduled a 03-04T11:00:00', 'catch_up a 03-04T11:00:00']);
  });

  it('are made up for after a run that was killed', () => {
    const { begun, holdRuns, restartAfter, apply, spec, pass } = missing('latest');
    holdRuns();
    pass(HOUR);
    restartAfter(10 * SECOND);
    apply(spec);
    expect(begun.slice(1)).toEqual(['scheduled a 03-04T11:00:00', 'catch_up a 03-04T11:00:00']);
  });

  it('are not made up for with "none", after a run that was interrupted', () => {
    const { begun, end, holdRuns, restartAfter, apply, spec, stop, pass } = missing('none');
    holdRuns();
    pass(HOUR);
    stop();
    end('a', 'INTERRUPTED');
    restartAfter(10 * SECOND);
    apply(spec);
    expect(begun).toEqual(['scheduled a 03-04T11:00:00']);
  });
});

describe('a slot that comes while its task is busy', () => {
  const busy = (catchUp: 'latest' | 'all' | 'none') => {
    const daemon = fakeDaemon('2026-03-04T05:30:00Z');
    const spec = task('0 * * * *', { catchUp });
    daemon.holdRuns();
    daemon.apply(spec);
    daemon.pass(3 * HOUR); // the run for 06:00 goes on
    return { ...daemon, spec };
  };

  it.each(['latest', 'none'] as const)('is skipped, and recorded when the run ends: %s', (catchUp) => {
    const { begun, skipped, says, end, pass, book } = busy(catchUp);
    expect(begun).toEqual(['scheduled a 03-04T06:00:00']);
    expect(says('run skipped: the previous run has not ended')).toMatchObject([
      { scheduled_for: '2026-03-04T07:00:00.000Z' },
      { scheduled_for: '2026-03-04T08:00:00.000Z' },
    ]);
    expect(time(book.kept.get('a')!.settled)).toBe('03-04T05:30:00');
    end('a');
    expect(skipped).toEqual([
      'a 03-04T08:00:00: 2 slots from 2026-03-04T07:00:00.000Z to 2026-03-04T08:00:00.000Z were skipped: the run for 2026-03-04T06:00:00.000Z had not ended.',
    ]);
    expect(time(book.kept.get('a')!.settled)).toBe('03-04T08:00:00');
    pass(HOUR);
    expect(begun.slice(1)).toEqual(['scheduled a 03-04T09:00:00']);
  });

  it('is run after the run with "all"', () => {
    const { begun, skipped, end } = busy('all');
    end('a');
    end('a');
    end('a');
    expect(begun).toEqual([
      'scheduled a 03-04T06:00:00',
      'catch_up a 03-04T07:00:00 until 03-04T07:00:00',
      'catch_up a 03-04T08:00:00 until 03-04T08:00:00',
    ]);
    expect(skipped).toEqual([]);
  });

  it('is made up for where the run is interrupted', () => {
    const { begun, skipped, end, stop, restartAfter, apply, spec } = busy('latest');
    stop();
    end('a', 'INTERRUPTED');
    restartAfter(10 * MINUTE);
    apply(spec);
    expect([begun[1], skipped]).toEqual(['catch_up a 03-04T08:00:00', []]);
  });

  it('is skipped also where the run ends as the daemon stops', () => {
    const { skipped, end, stop, book } = busy('latest');
    stop();
    end('a');
    expect(skipped).toHaveLength(1);
    expect(time(book.kept.get('a')!.settled)).toBe('03-04T08:00:00');
  });

  it('waits for the run of a task that was deleted and is back', () => {
    const { begun, says, apply, pass, end, spec } = busy('latest');
    apply();
    apply(spec);
    pass(HOUR);
    expect(begun).toHaveLength(1);
    expect(says('run skipped')).toHaveLength(3);
    end('a');
    pass(HOUR);
    expect(begun.slice(1)).toEqual(['scheduled a 03-04T10:00:00']);
  });
});

describe('a task that somebody else is running', () => {
  const taken = (catchUp: 'latest' | 'all') => {
    const daemon = fakeDaemon('2026-03-04T05:30:00Z');
    daemon.holdRuns();
    daemon.apply(task('0 * * * *', { catchUp }));
    daemon.pass(30 * MINUTE);
    daemon.end('a', 'ALREADY_RUNNING');
    return daemon;
  };

  it('has its slot skipped', () => {
    const { begun, skipped, pass } = taken('latest');
    pass(30 * MINUTE);
    expect([begun, skipped]).toEqual([['scheduled a 03-04T06:00:00'], ['a 03-04T06:00:00: it is so']]);
  });

  it('has its slot tried again with "all", not at once', () => {
    const { begun, skipped, pass, end } = taken('all');
    pass(29 * SECOND);
    expect(begun).toHaveLength(1);
    pass(2 * SECOND);
    end('a', 'ALREADY_RUNNING');
    pass(31 * SECOND);
    expect(begun).toEqual([
      'scheduled a 03-04T06:00:00',
      'scheduled a 03-04T06:00:00',
      'catch_up a 03-04T06:00:00 until 03-04T06:00:00',
    ]);
    expect(skipped).toEqual([]);
  });
});

describe('a run that fails, or has been done already', () => {
  it.each(['TABLE_UNKNOWN', 'ALREADY_DONE', 'STATE_UNUSABLE'] as const)(
    'has dealt with its slot: %s',
    (code) => {
      const { apply, pass, holdRuns, end, begun, book } = fakeDaemon('2026-03-04T05:30:00Z');
      holdRuns();
      apply(task('0 * * * *', { catchUp: 'all' }));
      pass(30 * MINUTE);
      end('a', code);
      pass(MINUTE);
      expect(begun).toHaveLength(1);
      expect(time(book.kept.get('a')!.settled)).toBe('03-04T06:00:00');
    },
  );
});

describe('a schedule that is changed', () => {
  it('begins with the first slot after the change', () => {
    const { apply, pass, begun, book } = fakeDaemon('2026-03-04T05:30:00Z');
    apply(task('0 * * * *', { catchUp: 'all' }));
    pass(2 * HOUR + 10 * MINUTE);
    begun.length = 0;
    apply(task('*/15 * * * *', { catchUp: 'all' }));
    expect(book.kept.get('a')).toMatchObject({ schedule: '*/15 * * * *' });
    pass(10 * MINUTE);
    expect(begun).toEqual(['scheduled a 03-04T07:45:00']);
  });

  it('lets a run end that the old one has begun, and makes up for that where it dies', () => {
    const { apply, pass, holdRuns, restartAfter, end, begun, book } = fakeDaemon('2026-03-04T05:30:00Z');
    const changed = task('45 * * * *');
    holdRuns();
    apply(task('0 * * * *'));
    pass(35 * MINUTE);
    apply(changed);
    expect(book.kept.get('a')).toMatchObject({ schedule: '0 * * * *' });
    restartAfter(MINUTE);
    apply(changed);
    end('a');
    expect(book.kept.get('a')).toMatchObject({ schedule: '45 * * * *' });
    pass(HOUR);
    expect(begun).toEqual([
      'scheduled a 03-04T06:00:00',
      'catch_up a 03-04T06:00:00',
      'scheduled a 03-04T06:45:00',
    ]);
  });

  describe.each(['latest', 'all', 'none'] as const)(
    'while no daemon was there, with catch_up %s',
    (catchUp) => {
      it('leaves at most one slot of the old one to make up for, the last', () => {
        const { apply, pass, restartAfter, begun, book } = fakeDaemon('2026-03-04T05:30:00Z');
        apply(task('0 * * * *', { catchUp }));
        restartAfter(10 * DAY);
        const changed = task('* * * * * *', { catchUp });
        apply(changed);
        const until = catchUp === 'all' ? ' until 03-14T05:00:00' : '';
        expect(begun).toEqual(catchUp === 'none' ? [] : [`catch_up a 03-14T05:00:00${until}`]);
        expect(book.kept.get('a')).toMatchObject({ schedule: '* * * * * *' });
        begun.length = 0;
        pass(2 * SECOND);
        expect(begun).toEqual(['scheduled a 03-14T05:30:01', 'scheduled a 03-14T05:30:02']);
      });
    },
  );

  it('makes up for that slot again where the run for it dies', () => {
    const { apply, holdRuns, restartAfter, begun } = fakeDaemon('2026-03-04T05:30:00Z');
    apply(task('0 * * * *'));
    restartAfter(5 * HOUR);
    holdRuns();
    apply(task('0 0 * * *'));
    restartAfter(10 * MINUTE);
    apply(task('0 0 * * *'));
    expect(begun).toEqual(['catch_up a 03-04T10:00:00', 'catch_up a 03-04T10:00:00']);
  });
});

describe('the clock', () => {
  const hourly = (catchUp: 'latest' | 'all' | 'none', start = '2026-03-04T05:30:00Z') => {
    const daemon = fakeDaemon(start);
    daemon.apply(task('0 * * * *', { catchUp }));
    return daemon;
  };

  it('makes up once for what a jump forward, or a sleep, has passed over', () => {
    const { clock, pass, begun, says } = hourly('latest');
    clock.jump(5 * HOUR);
    pass(31 * SECOND);
    expect(begun).toEqual(['catch_up a 03-04T10:00:00']);
    expect(says('the clock was set')).toMatchObject([{ level: 'warn', moved_ms: 5 * HOUR }]);
    pass(HOUR);
    expect(begun.slice(1)).toEqual(['scheduled a 03-04T11:00:00']);
  });

  it('makes up for nothing with "none"', () => {
    const { clock, pass, begun } = hourly('none');
    clock.jump(5 * HOUR);
    pass(HOUR);
    expect(begun).toEqual(['scheduled a 03-04T11:00:00']);
  });

  it('runs what a jump of seconds has passed over as on time', () => {
    const { clock, pass, begun, says } = hourly('none', '2026-03-04T05:59:30Z');
    clock.jump(40 * SECOND);
    pass(31 * SECOND);
    expect(begun).toEqual(['scheduled a 03-04T06:00:00']);
    expect(says('the clock was set')).toEqual([]);
  });

  it.each(['latest', 'all', 'none'] as const)(
    'runs slots that come again when it is set back: %s',
    (catchUp) => {
      const { clock, pass, begun } = hourly(catchUp);
      pass(3 * HOUR);
      begun.length = 0;
      clock.jump(-2 * HOUR);
      pass(HOUR);
      // Whoever runs a slot that has succeeded is told so; see execute.ts.
      expect(begun).toEqual(['scheduled a 03-04T07:00:00']);
    },
  );

  it('does not repeat slots when it is set back by seconds', () => {
    const { clock, pass, begun } = hourly('latest', '2026-03-04T05:59:30Z');
    pass(40 * SECOND);
    clock.jump(-50 * SECOND);
    pass(10 * MINUTE);
    expect(begun).toEqual(['scheduled a 03-04T06:00:00']);
  });

  it('remembers that it was set back', () => {
    const { clock, pass, book } = hourly('latest');
    pass(3 * HOUR);
    clock.jump(-2 * HOUR);
    pass(MINUTE);
    expect(time(book.kept.get('a')!.settled)).toMatch(/^03-04T06:3/);
  });

  it('runs the slots before the daemon began where it is set back that far', () => {
    const { clock, pass, begun } = hourly('none');
    clock.jump(-2 * HOUR);
    pass(HOUR);
    expect(begun).toEqual(['scheduled a 03-04T04:00:00']);
  });

  it('does not stall a task whose slots were settled ahead of it, also after a restart', () => {
    const { clock, pass, restartAfter, apply, begun } = hourly('all');
    clock.jump(30 * DAY);
    pass(MINUTE);
    clock.jump(-30 * DAY);
    restartAfter(0);
    begun.length = 0;
    apply(task('0 * * * *', { catchUp: 'all' }));
    pass(HOUR);
    expect(begun).toEqual(['scheduled a 03-04T06:00:00']);
  });

  it('waits with what has come again until the run in progress has ended', () => {
    const { clock, pass, begun, holdRuns, end, skipped } = hourly('latest');
    holdRuns();
    pass(31 * MINUTE);
    clock.jump(-20 * MINUTE);
    pass(25 * MINUTE);
    expect(begun).toHaveLength(1);
    end('a');
    expect(skipped).toEqual([]);
    pass(HOUR);
    expect(begun).toEqual(['scheduled a 03-04T06:00:00', 'scheduled a 03-04T07:00:00']);
  });
});

describe('a state that cannot be written', () => {
  it('is written later, and keeps no slot from running', () => {
    const { apply, pass, begun, book, says } = fakeDaemon('2026-03-04T05:30:00Z');
    apply(task('0 * * * *'));
    book.broken = true;
    pass(31 * MINUTE);
    expect(begun).toEqual(['scheduled a 03-04T06:00:00']);
    expect(says('could not be recorded yet')[0]).toMatchObject({ level: 'error' });
    expect(time(book.kept.get('a')!.settled)).toBe('03-04T05:30:00');
    book.broken = false;
    pass(MINUTE);
    expect(time(book.kept.get('a')!.settled)).toBe('03-04T06:00:00');
  });

  it('is written only when something is new', () => {
    const { apply, pass, book } = fakeDaemon('2026-03-04T05:30:00Z');
    apply(task('0 6 * * *'));
    pass(DAY);
    expect(book.saves).toBe(2); // that it was seen, and its run
  });

  it('is no beginning from nothing where it cannot be read', () => {
    const { apply, book } = fakeDaemon('2026-03-04T05:30:00Z');
    book.broken = true;
    expect(() => apply(task('0 * * * *'))).toThrow('the disk is full');
  });
});
