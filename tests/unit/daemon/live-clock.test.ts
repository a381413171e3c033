import { liveClock } from '../../../src/daemon/live-clock.ts';
import { startSchedule } from '../../../src/schedule/schedule.ts';
import { fakeBook } from '../schedule/fake-daemon.ts';
import { keptLog } from '../schedule/kept-log.ts';

const { jest } = import.meta;
beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

it('is never late under a schedule that lives, also where the time of day is set', () => {
  const clock = liveClock();
  const nothing = (): void => {};
  const schedule = startSchedule({
    timezone: 'UTC',
    clock,
    book: fakeBook(),
    busy: () => null,
    isPaused: () => false,
    blackoutEnd: () => null,
    run: nothing,
    skip: nothing,
    log: keptLog(),
  });
  schedule.apply(new Map());
  jest.advanceTimersByTime(3_600_000);
  expect(clock.lateMs()).toBe(0);
  jest.setSystemTime(Date.now() + 86_400_000);
  expect(clock.lateMs()).toBe(0);
  schedule.stop();
  jest.advanceTimersByTime(3_600_000);
  expect(clock.lateMs()).toBe(0);
});

it('is late where the schedule wakes and sets no other timer', () => {
  const clock = liveClock();
  clock.wakeIn(1000, () => {});
  jest.advanceTimersByTime(1000);
  expect(clock.lateMs()).toBe(0);
  jest.advanceTimersByTime(5000);
  expect(clock.lateMs()).toBe(5000);
});

it('is not late with a timer that was called off', () => {
  const clock = liveClock();
  const cancel = clock.wakeIn(1000, () => {});
  cancel();
  jest.advanceTimersByTime(5000);
  expect(clock.lateMs()).toBe(0);
});
