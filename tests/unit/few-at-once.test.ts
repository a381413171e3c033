import { setImmediate } from 'node:timers/promises';
import { fewAtOnce } from '../../src/few-at-once.ts';

it('does all in their order, and never more at once', async () => {
  const begun: [string, number][] = [];
  let [now, most] = [0, 0];
  await fewAtOnce(['a', 'b', 'c', 'd', 'e'], 2, async (item, index) => {
    begun.push([item, index]);
    most = Math.max(most, ++now);
    await setImmediate();
    now--;
  });
  expect(begun).toEqual(['a', 'b', 'c', 'd', 'e'].map((item, index) => [item, index]));
  expect(most).toBe(2);
});

it('throws the first failure when all that had begun have ended, and begins no more', async () => {
  const ended: number[] = [];
  const act = async (item: number): Promise<void> => {
    await setImmediate();
    if (item === 2) throw new Error('second');
    await setImmediate();
    ended.push(item);
    if (item === 3) throw new Error('third');
  };
  await expect(fewAtOnce([1, 2, 3, 4, 5], 3, act)).rejects.toThrow('second');
  expect(ended).toEqual([1, 3]);
});

it('has nothing to do for no items', async () => {
  await expect(fewAtOnce([], 3, () => Promise.reject(new Error('none')))).resolves.toBeUndefined();
});
