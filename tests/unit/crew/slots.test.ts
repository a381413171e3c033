/** Slots: never more than there are, and the next for whoever has the fewest. */
import fc from 'fast-check';
import { fairSlots, type GiveBack } from '../../../src/crew/slots.ts';

const NEVER = new AbortController().signal;
const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

it('gives the next slot to the run that has the fewest, and among those to who came first', async () => {
  const slots = fairSlots(3);
  const order: string[] = [];
  const taken = new Map<string, GiveBack>();
  const take = (run: string, name: string): void => {
    void slots.take(run, 1, NEVER).then((giveBack) => {
      order.push(name);
      taken.set(name, giveBack);
    });
  };
  for (const name of ['a1', 'a2', 'a3', 'a4', 'a5']) take('a', name);
  take('b', 'b1');
  take('c', 'c1');
  take('b', 'b2');
  await turn();
  expect(order).toEqual(['a1', 'a2', 'a3']);
  for (const name of ['a1', 'a2', 'a3']) {
    taken.get(name)!();
    await turn();
  }
  // b and c had none; then all have one, or b and a compete with one each: a4 came before b2.
  expect(order).toEqual(['a1', 'a2', 'a3', 'b1', 'c1', 'a4']);
  taken.get('c1')!();
  taken.get('c1')!();
  await turn();
  expect(order.slice(6)).toEqual(['a5']);
});

it('lets who gives up waiting leave the line', async () => {
  const slots = fairSlots(1);
  const first = await slots.take('a', 1, NEVER);
  const impatient = new AbortController();
  const waiting = slots.take('b', 1, impatient.signal);
  const patient = slots.take('c', 1, NEVER);
  const reason = new Error('no longer wanted');
  impatient.abort(reason);
  await expect(waiting).rejects.toBe(reason);
  first();
  (await patient)();
  await expect(slots.take('d', 1, impatient.signal)).rejects.toBe(reason);
});

it('lets nobody overtake who needs several, and gives all there are to who needs more than that', async () => {
  const slots = fairSlots(2);
  const first = await slots.take('a', 1, NEVER);
  const order: string[] = [];
  const large = slots.take('b', 2, NEVER).then((giveBack) => (order.push('large'), giveBack));
  const small = slots.take('c', 1, NEVER).then((giveBack) => (order.push('small'), giveBack));
  await turn();
  expect(order).toEqual([]);
  first();
  (await large)();
  expect(order).toEqual(['large']);
  (await small)();
  const huge = await slots.take('d', 5, NEVER);
  const after = slots.take('e', 1, NEVER).then((giveBack) => (order.push('after'), giveBack));
  await turn();
  expect(order).toEqual(['large', 'small']);
  huge();
  (await after)();
});

it('lets who has nothing yet go before one who waits for more than is free', async () => {
  const slots = fairSlots(4);
  await slots.take('parquet', 2, NEVER);
  await slots.take('text', 1, NEVER);
  const order: string[] = [];
  const second = slots.take('parquet', 2, NEVER).then(() => order.push('parquet'));
  await slots.take('newcomer', 1, NEVER).then(() => order.push('newcomer'));
  expect(order).toEqual(['newcomer']);
  second.catch(() => {});
});

it('lets those behind have what is free where the one who needs several gives up', async () => {
  const slots = fairSlots(2);
  await slots.take('a', 1, NEVER);
  const impatient = new AbortController();
  const large = slots.take('b', 2, impatient.signal);
  const small = slots.take('c', 1, NEVER);
  impatient.abort(new Error('no longer wanted'));
  await expect(large).rejects.toThrow('no longer wanted');
  (await small)();
});

it('has fewer when it is told so, once they are given back, and more at once', async () => {
  const slots = fairSlots(3);
  const before = [await slots.take('old', 2, NEVER), await slots.take('old', 1, NEVER)];
  slots.resize(1);
  expect(slots.count).toBe(1);
  const order: string[] = [];
  const large = slots.take('new', 2, NEVER).then((giveBack) => (order.push('large'), giveBack));
  before[0]!();
  await turn();
  expect(order).toEqual([]);
  before[1]!();
  // It has all there are.
  const last = await large;
  const others = [1, 2].map((n) => slots.take(`other ${n}`, 1, NEVER).then(() => order.push(`other ${n}`)));
  await turn();
  expect(order).toEqual(['large']);
  slots.resize(3);
  await Promise.all(others);
  last();
});

it('never gives out more than there are', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 5 }),
      fc.array(fc.record({ run: fc.constantFrom('a', 'b', 'c'), wanted: fc.integer({ min: 1, max: 3 }) }), {
        maxLength: 20,
      }),
      async (count, takers) => {
        const slots = fairSlots(count);
        let out = 0;
        const done = takers.map(async ({ run, wanted }) => {
          const giveBack = await slots.take(run, wanted, NEVER);
          out += Math.min(wanted, count);
          expect(out).toBeLessThanOrEqual(count);
          await turn();
          out -= Math.min(wanted, count);
          giveBack();
        });
        await Promise.all(done);
        expect(out).toBe(0);
      },
    ),
  );
});
