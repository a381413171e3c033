/** A thread asks the main one for the connection for questions, and does not wait for it without end. */
import { asidePlaces } from '../../../src/lanes/aside.ts';

function main() {
  const asked: PromiseWithResolvers<number>[] = [];
  const given: number[] = [];
  const calls = {
    takeAside: () => {
      const one = Promise.withResolvers<number>();
      asked.push(one);
      return one.promise;
    },
    giveAside: { asEvent: (place: number) => void given.push(place) },
  };
  return { asked, given, aside: asidePlaces(calls, 'shop') };
}

it('gives the place back by its number', async () => {
  const { asked, given, aside } = main();
  const taken = aside(new AbortController().signal);
  asked[0]!.resolve(7);
  (await taken)();
  expect(given).toEqual([7]);
});

it('waits no longer than it is let, and gives back what comes too late', async () => {
  const { asked, given, aside } = main();
  const told = new AbortController();
  const taken = aside(told.signal);
  const reason = new Error('too long');
  told.abort(reason);
  await expect(taken).rejects.toBe(reason);
  expect(given).toEqual([]);
  asked[0]!.resolve(7);
  await asked[0]!.promise;
  await new Promise((resolve) => void setImmediate(resolve));
  expect(given).toEqual([7]);
});

it('asks for nothing where it may not wait at all', async () => {
  const { asked, aside } = main();
  await expect(aside(AbortSignal.abort(new Error('over')))).rejects.toThrow('over');
  expect(asked).toEqual([]);
});
