import { brokenBy, intervalAfter, noteFailure } from '../../../src/notify/repeat.ts';
import type { Incident } from '../../../src/mail-ports.ts';

const HOUR = 3_600_000;
const INTERVALS = [HOUR, 6 * HOUR, 24 * HOUR];
const START = Date.parse('2026-07-01T00:00:00Z');
const owner = { name: null, email: 'owner@example.com' };
const messageId = '<1@example.com>';

/** Fails at each of these hours after the start, and gives those at which it was mailed. */
function mailedAt(fires: readonly { readonly hour: number; readonly code?: string }[]): {
  mails: number[];
  incidents: Incident[];
} {
  const known = new Map<string, Incident>();
  const mails: number[] = [];
  for (const { hour, code = 'TABLE_UNKNOWN' } of fires) {
    const at = new Date(START + hour * HOUR);
    const failure = { code, at, owner, messageId: `<${hour}@example.com>` };
    const { incident, mail } = noteFailure([...known.values()], failure, INTERVALS);
    known.set(code, incident);
    if (mail) mails.push(hour);
  }
  return { mails, incidents: [...known.values()] };
}
const hourly = (count: number) => Array.from({ length: count }, (_, hour) => ({ hour }));

describe('noteFailure', () => {
  it('mails the first failure, then at growing intervals, the last of which repeats', () => {
    expect(mailedAt(hourly(80)).mails).toEqual([0, 1, 7, 30, 53, 76]);
  });

  it('mails a daily task daily, though its failures are never a whole day apart', () => {
    const fires = [0, 24.01, 47.99, 72, 95.98].map((hour) => ({ hour }));
    expect(mailedAt(fires).mails).toEqual([0, 24.01, 47.99, 72, 95.98]);
  });

  it('mails another code at once, and keeps the intervals of each where two take turns', () => {
    const { mails, incidents } = mailedAt([
      { hour: 0, code: 'A' },
      { hour: 0.1, code: 'B' },
      { hour: 0.2, code: 'A' },
      { hour: 0.3, code: 'B' },
      { hour: 1, code: 'A' },
      { hour: 1.1, code: 'B' },
    ]);
    expect(mails).toEqual([0, 0.1, 1, 1.1]);
    expect(incidents.map(({ code, failures }) => [code, failures])).toEqual([
      ['A', 3],
      ['B', 3],
    ]);
  });

  it('says of a repeat since when and how often, and how long the next silence is', () => {
    const [known] = mailedAt(hourly(3)).incidents;
    const at = new Date(START + 7 * HOUR);
    const { mail, repeat } = noteFailure(
      [known!],
      { code: 'TABLE_UNKNOWN', at, owner, messageId },
      INTERVALS,
    );
    expect({ mail, repeat }).toEqual({
      mail: true,
      repeat: { since: new Date(START), failures: 4, quietMs: 24 * HOUR },
    });
    const first = noteFailure([], { code: 'TABLE_UNKNOWN', at, owner, messageId }, INTERVALS);
    expect(first.repeat).toBeNull();
  });

  it('is not silenced by a clock that was set back', () => {
    expect(mailedAt([{ hour: 1_000 }, { hour: 0 }, { hour: 0.5 }]).mails).toEqual([1_000, 0]);
  });

  it('counts several failures that are told together', () => {
    const at = new Date(START);
    const noted = noteFailure([], { code: 'A', at, owner, count: 3, messageId }, INTERVALS);
    expect(noted.incident.failures).toBe(3);
  });
});

it('repeats the last interval for ever', () => {
  expect([1, 2, 3, 4, 1_000].map((mails) => intervalAfter(mails, INTERVALS) / HOUR)).toEqual([
    1, 6, 24, 24, 24,
  ]);
  expect(intervalAfter(9, [5])).toBe(5);
});

describe('brokenBy', () => {
  it('puts all codes together, from the first failure on', () => {
    const { incidents } = mailedAt([
      { hour: 0, code: 'A' },
      { hour: 1, code: 'B' },
      { hour: 2, code: 'A' },
    ]);
    expect(brokenBy(incidents)).toEqual({ since: new Date(START), failures: 3, codes: ['A', 'B'] });
  });

  it('is nothing where nothing was mailed', () => {
    expect(brokenBy([])).toBeNull();
  });
});
