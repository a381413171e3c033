/** Slots: never more than there are, and the next for whoever has the fewest. */
import { fairSlots, type GiveBack } from '../../../src/crew/slots.ts';

const NEVER = new AbortController().signal;
const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

it('gives the next slot to the run that has the fewest, and among those to who came first', async () => {
  const slots = fairSlots(3);
  const order: string[] = [];
  const taken = new Map<string, GiveBack>();
  const take = (run: string, name: string): void => {
    void slots.take(run, NEVER).then((giveBack) => {
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
  const first = await slots.take('a', NEVER);
  const impatient = new AbortController();
  const waiting = slots.take('b', impatient.signal);
  const patient = slots.take('c', NEVER);
  const reason = new Error('no longer wanted');
  impatient.abort(reason);
  await expect(waiting).rejects.toBe(reason);
  first();
  (await patient)();
  await expect(slots.take('d', impatient.signal)).rejects.toBe(reason);
});
