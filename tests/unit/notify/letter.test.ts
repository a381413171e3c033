import { formatInstant, isUtc, oneLine, shorten, shortenList } from '../../../src/notify/letter.ts';

describe('shorten', () => {
  it('keeps what is short enough', () => {
    expect(shorten('abcdef', 6)).toBe('abcdef');
  });

  it('leaves out the middle and says how much', () => {
    expect(shorten(`begin${'x'.repeat(5_000)}the end`, 12)).toBe(
      'beginx … [5,000 characters left out] … he end',
    );
  });

  it('cuts no character in two', () => {
    expect(shorten('😀'.repeat(100), 7).isWellFormed()).toBe(true);
    expect(shorten(`a${'😀'.repeat(100)}a`, 8).isWellFormed()).toBe(true);
  });
});

describe('shortenList', () => {
  it('says how many more there are', () => {
    expect(shortenList(['a', 'b', 'c'], 3)).toEqual(['a', 'b', 'c']);
    expect(shortenList(['a', 'b', 'c'], 1)).toEqual(['a', '… and 2 more']);
  });
});

describe('oneLine', () => {
  it('takes out line breaks and control characters', () => {
    expect(oneLine(' a\r\n\tb\u0000c\u2028d ', 50)).toBe('a b c d');
  });

  it('bounds the length without cutting a character in two', () => {
    expect(oneLine('abcdef', 4)).toBe('abc…');
    expect(oneLine('ab😀😀', 4)).toBe('ab…');
  });
});

describe('formatInstant', () => {
  it.each([
    ['2026-07-01T00:00:00Z', 'UTC', '2026-07-01 00:00:00 UTC'],
    ['2026-07-01T00:00:00Z', 'Europe/Berlin', '2026-07-01 02:00:00 Europe/Berlin (UTC+02:00)'],
    ['2026-01-01T00:00:00Z', 'Europe/Berlin', '2026-01-01 01:00:00 Europe/Berlin (UTC+01:00)'],
    ['2026-01-01T00:00:00Z', 'Europe/London', '2026-01-01 00:00:00 Europe/London (UTC+00:00)'],
    ['2026-01-01T23:30:00Z', 'Asia/Kolkata', '2026-01-02 05:00:00 Asia/Kolkata (UTC+05:30)'],
    // The hour that exists twice is told apart by its offset.
    ['2026-10-25T00:30:00Z', 'Europe/Berlin', '2026-10-25 02:30:00 Europe/Berlin (UTC+02:00)'],
    ['2026-10-25T01:30:00Z', 'Europe/Berlin', '2026-10-25 02:30:00 Europe/Berlin (UTC+01:00)'],
  ])('writes %s in %s', (instant, zone, text) => {
    expect(formatInstant(new Date(instant), zone)).toBe(text);
  });
});

describe('isUtc', () => {
  it('knows UTC by its names', () => {
    expect(['UTC', 'Etc/UTC', 'GMT', 'utc', 'Zulu'].every(isUtc)).toBe(true);
    expect(['Europe/London', 'Etc/GMT+1', 'Africa/Abidjan'].some(isUtc)).toBe(false);
  });
});
