/** The memory of an export: what is taken comes back, and the source waits for as much as it must. */
import { bufferPool } from '../../../src/extract/buffers.ts';
import { keepBuffer } from '../../../src/extract/spare-buffers.ts';

const ignore = (): void => {};

it('is full at its limit and no longer when a buffer comes back', () => {
  const given: boolean[] = [];
  const pool = bufferPool(10, 3, () => given.push(pool.isFull()));
  const buffers = [1, 2, 3].map((part) => {
    expect(pool.isFull()).toBe(false);
    return pool.take(part);
  });
  expect(pool.isFull()).toBe(true);
  pool.give(buffers[0]!);
  expect(given).toEqual([false]);
});

it('never refuses: beyond the limit it is full until enough has come back', () => {
  const pool = bufferPool(10, 2, ignore);
  const buffers = [1, 2, 3, 4].map((part) => pool.take(part));
  const full = buffers.map((buffer) => {
    pool.give(buffer);
    return pool.isFull();
  });
  expect(full).toEqual([true, true, false, false]);
});

it('uses buffers again, as many as its limit', () => {
  const pool = bufferPool(10, 2, ignore);
  const first = [1, 2, 3].map((part) => pool.take(part));
  for (const buffer of first) pool.give(buffer);
  const second = [1, 2, 3].map((part) => pool.take(part));
  expect(second.filter((buffer) => first.includes(buffer))).toHaveLength(2);
  expect(new Set(second).size).toBe(3);
});

it('lets another export fill what was given, and nobody what was dropped', () => {
  const [given, dropped] = [1, 2].map(() => Buffer.alloc(11));
  const first = bufferPool(11, 2, ignore);
  keepBuffer(given!);
  keepBuffer(dropped!);
  const taken = [first.take(), first.take()];
  expect(new Set(taken)).toEqual(new Set([given, dropped]));
  first.drop(dropped!);
  first.give(given!);
  const second = bufferPool(11, 2, ignore);
  const again = [second.take(), second.take()];
  expect(again[0]).toBe(given);
  expect(again[1]).not.toBe(dropped);
});

it('hands out the size that a part has, and keeps no larger ones', () => {
  const pool = bufferPool(10, 8, ignore);
  const large = pool.take(2001);
  expect(large).toHaveLength(30);
  pool.give(large);
  expect(pool.take(1)).toHaveLength(10);
});

it('does not wait for the one buffer that is being filled, however large it has grown', () => {
  const pool = bufferPool(10, 3, ignore);
  const current = pool.take(9001);
  expect(current.length).toBeGreaterThan(30);
  expect(pool.isFull()).toBe(false);
  const next = pool.take(9002);
  expect(pool.isFull()).toBe(true);
  pool.give(next);
  expect(pool.isFull()).toBe(false);
});
