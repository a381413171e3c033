/** node-cron on jest's clock: every timer and every Date is the test's. */
import { nextFire, startCron, type CronTimer } from '../../../src/schedule/cron.ts';
import { startSchedule, type Schedule } from '../../../src/schedule/schedule.ts';
import { sampleSpec } from '../watch/sample-spec.ts';
import { keptLog } from './kept-log.ts';

const { jest } = import.meta;
const setClock = (time: string) => jest.setSystemTime(new Date(time));

beforeEach(() => {
  jest.useFakeTimers({ now: new Date('2026-03-04T05:06:07.250Z') });
});
afterEach(() => jest.useRealTimers());

describe('startCron', () => {
  let fired: string[];
  let missed: string[];
  let timer: CronTimer | null = null;
  const start = (schedule: string, timezone = 'UTC') => {
    fired = [];
    missed = [];
    timer = startCron(
      { schedule, timezone },
      { fire: (slot) => fired.push(slot.toISOString()), missed: (slot) => missed.push(slot.toISOString()) },
      keptLog(),
    );
    return timer;
  };
  afterEach(() => timer?.stop());

  it.each([
    ['*/10 * * * *', 'UTC', '2026-03-04T05:10:00.000Z'],
    ['*/15 * * * * *', 'UTC', '2026-03-04T05:06:15.000Z'],
    ['0 9 * * *', 'Asia/Kolkata', '2026-03-05T03:30:00.000Z'],
    ['30 14 * * MON', 'America/New_York', '2026-03-09T18:30:00.000Z'],
    ['0 0 1 1 *', 'UTC', '2027-01-01T00:00:00.000Z'],
  ])('%s in %s fires first for %s, a whole second', async (schedule, timezone, first) => {
    const one = start(schedule, timezone);
    expect(one.next()?.toISOString()).toBe(first);
    await jest.advanceTimersByTimeAsync(new Date(first).getTime() - Date.now() + 5);
    expect(fired).toEqual([first]);
    expect(one.next()?.getTime()).toBeGreaterThan(new Date(first).getTime());
  });

  it('fires for every slot', async () => {
    start('* * * * * *');
    await jest.advanceTimersByTimeAsync(3000);
    expect(fired).toEqual([
      '2026-03-04T05:06:08.000Z',
      '2026-03-04T05:06:09.000Z',
      '2026-03-04T05:06:10.000Z',
    ]);
  });

  it('runs late for the slot that passed while the process was busy', async () => {
    start('0 6 * * *');
    setClock('2026-03-04T05:06:47.250Z'); // 40 s more than the timer knows of
    await jest.advanceTimersByTimeAsync(3_232_760);
    expect(fired).toEqual(['2026-03-04T06:00:00.000Z']);
  });

  it('reports the slot that passed longer ago', async () => {
    start('0 6 * * *');
    setClock('2026-03-04T05:08:07.250Z'); // 2 minutes more
    await jest.advanceTimersByTimeAsync(3_232_760);
    expect([fired, missed]).toEqual([[], ['2026-03-04T06:00:00.000Z']]);
  });

  it('does not fire after it was stopped', async () => {
    start('* * * * * *').stop();
    await jest.advanceTimersByTimeAsync(5000);
    expect(fired).toEqual([]);
  });

  it('starts over from the present time', async () => {
    const one = start('0 6 * * *');
    setClock('2026-03-04T05:59:50Z');
    one.restart();
    expect(one.next()?.toISOString()).toBe('2026-03-04T06:00:00.000Z');
    await jest.advanceTimersByTimeAsync(10_000);
    expect(fired).toEqual(['2026-03-04T06:00:00.000Z']);
    expect(one.next()?.toISOString()).toBe('2026-03-05T06:00:00.000Z');
  });
});

describe('nextFire', () => {
  it('is the first slot after now, in the zone', () => {
    expect(nextFire({ schedule: '0 3 * * *', timezone: 'Europe/Paris' })?.toISOString()).toBe(
      '2026-03-05T02:00:00.000Z',
    );
    expect(nextFire(null)).toBeNull();
  });
});

describe('startSchedule', () => {
  let schedule: Schedule;
  let fired: string[];
  const log = keptLog();
  const specs = (fields: Record<string, string | null>) =>
    new Map(Object.entries(fields).map(([task, cron]) => [task, sampleSpec(task, { schedule: cron })]));

  beforeEach(() => {
    fired = [];
    log.lines.length = 0;
    const onFire = (task: string, slot: Date) => fired.push(`${task} ${slot.toISOString().slice(11, 19)}`);
    schedule = startSchedule({ timezone: 'UTC', onFire, log });
  });
  afterEach(() => schedule.stop());

  it('fires what is scheduled, by the latest schedule', async () => {
    schedule.apply(specs({ a: '10 * * * * *', b: '20 * * * * *', c: '30 * * * * *', hand: null }));
    schedule.apply(specs({ a: '15 * * * * *', b: '20 * * * * *' }));
    await jest.advanceTimersByTimeAsync(40_000);
    expect(fired).toEqual(['a 05:06:15', 'b 05:06:20']);
    expect(schedule.next('b')?.toISOString()).toBe('2026-03-04T05:07:20.000Z');
    expect(schedule.next('c')).toBeNull();
  });

  it('starts over when the clock was set, or the machine slept', async () => {
    schedule.apply(specs({ a: '0 6 * * *' }));
    setClock('2026-03-04T12:00:00Z');
    await jest.advanceTimersByTimeAsync(30_000);
    expect(log.lines).toMatchObject([{ level: 'warn', moved_ms: 24_832_750 }]);
    expect(schedule.next('a')?.toISOString()).toBe('2026-03-05T06:00:00.000Z');
    await jest.advanceTimersByTimeAsync(18 * 3_600_000);
    expect(fired).toEqual(['a 06:00:00']);
  });

  it('says which task has a schedule that never comes', () => {
    schedule.apply(specs({ never: '0 0 L-29 2 *' }));
    expect(log.lines).toMatchObject([{ level: 'error', message: 'task cannot be scheduled', task: 'never' }]);
    expect(schedule.next('never')).toBeNull();
  });

  it('is silent when stopped', async () => {
    schedule.apply(specs({ a: '* * * * * *' }));
    schedule.stop();
    await jest.advanceTimersByTimeAsync(3000);
    expect(fired).toEqual([]);
  });
});
