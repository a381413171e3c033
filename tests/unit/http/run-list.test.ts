import { runQuery } from '../../../src/http/run-list.ts';

const query = (text: string) => runQuery(new URLSearchParams(text));

it('asks for all tasks, or one, and a number of runs', () => {
  expect(query('')).toEqual({ task: null, limit: 50 });
  expect(query('task=orders%20x&limit=7')).toEqual({ task: 'orders x', limit: 7 });
  expect(query('limit=1000').limit).toBe(1000);
});

it.each(['limit=0', 'limit=1001', 'limit=-1', 'limit=', 'limit=ten', 'limit=1e3', 'since=now'])(
  'refuses %s, and says what is allowed',
  (text) => {
    expect(() => query(text)).toThrow(
      expect.objectContaining({ code: 'USAGE', message: expect.stringContaining('allowed: ') as string }),
    );
  },
);
