import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runLogTail } from '../../src/log-tail.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-tail-'));
  mkdirSync(join(folder, 'logs', 'orders'), { recursive: true });
  writeFileSync(join(folder, 'secret.log'), 'not a log of a run');
});
afterEach(() => rmSync(folder, { recursive: true }));

const logs = () => join(folder, 'logs');
const write = (text: string) => writeFileSync(join(logs(), 'orders/orders_20260401030000.log'), text);
const tail = (most: number) => runLogTail(logs(), 'orders', '20260401030000', most);

it('shows a short log whole, and of a long one whole lines of its end', () => {
  write('one\ntwo\nthree ü\n');
  expect(tail(1000)).toEqual({ text: 'one\ntwo\nthree ü\n', bytes: 17, cut: false });
  expect(tail(17)).toMatchObject({ cut: false });
  expect(tail(12)).toEqual({ text: 'three ü\n', bytes: 17, cut: true });
  write('');
  expect(tail(10)).toEqual({ text: '', bytes: 0, cut: false });
});

it('finds nothing where there is no log, and nothing outside the folder', () => {
  expect(tail(10)).toBeNull();
  for (const [task, stamp] of [
    ['..', 'secret'],
    ['../..', 'x'],
    ['orders', '../../secret'],
    ['orders/..', 'x'],
    ['orders\0', 'x'],
    ['', ''],
  ] as const)
    expect([task, stamp, runLogTail(logs(), task, stamp, 10)]).toEqual([task, stamp, null]);
});
