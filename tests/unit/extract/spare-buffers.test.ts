/** Buffers between two exports: used again, and given back to the system when nobody wants them. */
import { keepBuffer, takeBuffer } from '../../../src/extract/spare-buffers.ts';

const { jest } = import.meta;

beforeEach(() => jest.useFakeTimers());
afterEach(() => {
  // All spares are given up.
  jest.runAllTimers();
  jest.useRealTimers();
});

it('hands out what was kept last, of the size that is asked for, and makes one where there is none', () => {
  const [first, second, larger] = [100, 100, 101].map((size) => Buffer.alloc(size));
  for (const buffer of [first!, second!, larger!]) keepBuffer(buffer);
  expect([takeBuffer(100), takeBuffer(100)]).toEqual([second, first]);
  const made = takeBuffer(100);
  expect(made).toHaveLength(100);
  expect([first, second]).not.toContain(made);
  expect(takeBuffer(101)).toBe(larger);
});

it('drops what nobody has needed for a while, and keeps what goes round', () => {
  const [idle, busy] = [1, 2].map(() => Buffer.alloc(200));
  keepBuffer(idle!);
  keepBuffer(busy!);
  for (let second = 0; second < 30; second++) {
    jest.advanceTimersByTime(1000);
    expect(takeBuffer(200)).toBe(busy);
    keepBuffer(busy!);
  }
  expect(takeBuffer(200)).toBe(busy);
  expect(takeBuffer(200)).not.toBe(idle);
  keepBuffer(busy!);
  jest.advanceTimersByTime(30_000);
  expect(takeBuffer(200)).not.toBe(busy);
  expect(jest.getTimerCount()).toBe(0);
});
