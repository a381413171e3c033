import fc from 'fast-check';
import { connectionCap, type GiveBack } from '../../../../src/sources/mysql/connection-cap.ts';

const NEVER = new AbortController().signal;
/** Lets everything that can go on do so. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

it('lets one run less read than there are connections, and the next in the order of coming', async () => {
  const cap = connectionCap(3);
  const order: string[] = [];
  const enter = async (name: string): Promise<GiveBack> => {
    const giveBack = await cap.reader(NEVER, () => order.push(`${name} waits`));
    order.push(`${name} reads`);
    return giveBack;
  };
  const [a, b] = [await enter('a'), await enter('b')];
  const [c, d] = [enter('c'), enter('d')];
  await settle();
  expect(order).toEqual(['a reads', 'b reads', 'c waits', 'd waits']);
  b();
  await c;
  a();
  await d;
  expect(order.slice(4)).toEqual(['c reads', 'd reads']);
});

it('has a connection for questions however many runs read', async () => {
  const cap = connectionCap(2);
  await cap.reader(NEVER);
  const first = await cap.aside(NEVER);
  let isSecond = false;
  const second = cap.aside(NEVER).then(() => (isSecond = true));
  await settle();
  expect(isSecond).toBe(false);
  first();
  await second;
});

it('counts a place that is given back twice once', async () => {
  const cap = connectionCap(2);
  const giveBack = await cap.reader(NEVER);
  giveBack();
  giveBack();
  await cap.reader(NEVER);
  let waits = false;
  void cap.reader(NEVER, () => (waits = true));
  await settle();
  expect(waits).toBe(true);
});

it('is left by who is told to stop, whose place in the line nobody gets', async () => {
  const cap = connectionCap(2);
  const giveBack = await cap.reader(NEVER);
  const stop = new AbortController();
  const stopped = cap.reader(stop.signal);
  const next = cap.reader(NEVER);
  stop.abort(new Error('told to stop'));
  await expect(stopped).rejects.toThrow('told to stop');
  giveBack();
  await next;
  await expect(cap.reader(stop.signal)).rejects.toThrow('told to stop');
});

it('is never exceeded, and serves everybody who waits, in turn', async () => {
  const steps = fc.array(fc.oneof(fc.constant('come'), fc.constant('go'), fc.constant('give up')), {
    maxLength: 60,
  });
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 2, max: 5 }), steps, async (max, moves) => {
      const cap = connectionCap(max);
      const served: number[] = [];
      const inside: GiveBack[] = [];
      const waiting = new Map<number, AbortController>();
      let coming = 0;
      const expected: number[] = [];
      for (const move of moves) {
        if (move === 'come') {
          const number = coming++;
          const abort = new AbortController();
          waiting.set(number, abort);
          cap
            .reader(abort.signal)
            .then((giveBack) => {
              served.push(number);
              waiting.delete(number);
              inside.push(giveBack);
            })
            .catch(() => waiting.delete(number));
        } else if (move === 'go') inside.shift()?.();
        else [...waiting.values()].at(-1)?.abort();
        await settle();
        expect(inside.length).toBeLessThanOrEqual(max - 1);
        // Nobody waits while there is room.
        if (waiting.size > 0) expect(inside).toHaveLength(max - 1);
      }
      expected.push(...served.toSorted((a, b) => a - b));
      expect(served).toEqual(expected);
    }),
  );
});

it('counts who is there already, also where it is one too many, and lets nobody in before there is room', async () => {
  const cap = connectionCap(3);
  const there = Array.from({ length: 3 }, () => cap.countReader());
  let reads = false;
  void cap.reader(NEVER).then(() => (reads = true));
  await settle();
  expect([reads, cap.freeReader()]).toEqual([false, null]);
  there[0]!();
  await settle();
  expect(reads).toBe(false);
  there[1]!();
  await settle();
  expect(reads).toBe(true);
});

describe('with another maximum', () => {
  it('lets in at once who waits, in the order of coming, as far as there is room', async () => {
    const cap = connectionCap(2);
    const inside: number[] = [];
    for (let n = 0; n < 5; n++) void cap.reader(NEVER).then(() => inside.push(n));
    await settle();
    expect(inside).toEqual([0]);
    cap.limit(4);
    await settle();
    expect([cap.max, inside]).toEqual([4, [0, 1, 2]]);
    cap.limit(null);
    await settle();
    expect(inside).toEqual([0, 1, 2, 3, 4]);
  });

  it('lets nobody in before enough have left', async () => {
    const cap = connectionCap(null);
    const places = await Promise.all([cap.reader(NEVER), cap.reader(NEVER), cap.reader(NEVER)]);
    expect(await Promise.all([cap.aside(NEVER), cap.aside(NEVER)])).toHaveLength(2);
    cap.limit(3);
    let reads = false;
    void cap.reader(NEVER).then(() => (reads = true));
    for (const giveBack of places.slice(0, 1)) giveBack();
    await settle();
    expect([reads, cap.freeReader()]).toEqual([false, null]);
    places[1]();
    await settle();
    expect(reads).toBe(true);
  });
});
