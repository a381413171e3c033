import {
  about,
  clock,
  duration,
  relative,
  scheduleWords,
  shortClock,
  size,
} from '../../../src/http/page/words.ts';

const now = new Date('2026-03-04T05:06:07Z');
const later = (seconds: number) => new Date(now.getTime() + seconds * 1000);

it.each([
  [0, 'now'],
  [45, 'in 45 s'],
  [-45, '45 s ago'],
  [720, 'in 12 min'],
  [-10_800, '3 h ago'],
  [86_400 * 3, 'in 3 days'],
])('says of %i seconds "%s"', (seconds, words) => {
  expect(relative(later(seconds), now)).toBe(words);
});

it('says lengths of time and sizes as people do', () => {
  expect([0, 850, 3200, 59_960, 250_000, 7_500_000, 270_000_000].map(duration)).toEqual([
    '0 ms',
    '850 ms',
    '3.2 s',
    '1 min 0 s',
    '4 min 10 s',
    '2 h 5 min',
    '3 days 3 h',
  ]);
  expect([0, 999, 1000, 999_960, 12_345_678, 256e6, 3e15].map(size)).toEqual([
    '0 B',
    '999 B',
    '1.0 kB',
    '1.0 MB',
    '12.3 MB',
    '256 MB',
    '3.0 PB',
  ]);
  expect([5, 840, 97_200, 200_000].map(about)).toEqual(['5 s', '14 min', '27 h', '2 days']);
});

it('shows times on the clock of a zone', () => {
  expect(clock(now, 'Europe/Berlin')).toBe('Wed, 4 Mar 2026, 06:06:07'.replace(', 4', ', 04'));
  expect(shortClock(now, 'America/New_York')).toBe('Wed 4 Mar, 00:06');
});

it('says schedules in words, and shows those for which there are none', () => {
  expect(scheduleWords('0 3 * * *')).toBe('At 03:00');
  expect(scheduleWords('*/15 * * * *')).toBe('Every 15 minutes');
  expect(scheduleWords('not a schedule')).toBe('not a schedule');
});
