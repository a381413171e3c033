/** tidemark.log, begun anew by size and age, by Tidemark itself and by others; files as they are on the disk. */
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { createLog, type ProcessLog } from '../../src/log.ts';
import type { LogRotation } from '../../src/log-rotation.ts';

const START = Date.parse('2026-03-01T02:03:04.567Z');
const DAY_MS = 86_400_000;
const RULES: LogRotation = { maxBytes: 1000, maxAgeMs: 7 * DAY_MS, maxFiles: 3 };

let folder: string;
let now: Date;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-rotation-'));
  now = new Date(START);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function open(rotation: LogRotation | null = RULES): { log: ProcessLog; stderr: () => string } {
  let written = '';
  const stderr = new Writable({
    write: (chunk, _encoding, next) => {
      written += String(chunk);
      next();
    },
  });
  const log = createLog({
    logsDir: folder,
    level: 'info',
    rotation,
    redact: (text) => text,
    onWriteFailure: () => {},
    stderr,
    now: () => now,
  });
  return { log, stderr: () => written };
}
const file = (name = 'tidemark.log'): string => join(folder, name);
const read = (name = 'tidemark.log'): string => readFileSync(file(name), 'utf8');
const old = (): string[] =>
  readdirSync(folder)
    .filter((name) => name !== 'tidemark.log')
    .toSorted();
const LINE = 'x'.repeat(60); // 100 bytes with its time and level

it('begins a new file where the old one is large, and keeps the newest of the old ones', () => {
  const { log } = open();
  for (let line = 0; line < 65; line++) {
    now = new Date(now.getTime() + 1);
    log.info(`${LINE} ${String(line).padStart(3, '0')}`);
  }
  expect(old()).toHaveLength(3);
  expect(old()[0]).toMatch(/^tidemark_20260301020304\d{3}_\d+\.log$/);
  const numbers = [...old(), 'tidemark.log'].flatMap((name) =>
    [...read(name).matchAll(/x (\d{3})\n/g)].map((match) => Number(match[1])),
  );
  // The last ones without a gap, in order of the files' names.
  expect(numbers).toEqual(Array.from(numbers, (_, at) => 65 - numbers.length + at));
  for (const name of old()) expect(read(name).length).toBeGreaterThanOrEqual(1000);
  for (const name of [...old(), 'tidemark.log']) expect(read(name).length).toBeLessThan(1200);
});

it('begins a new file where the first line of the old one is old, whichever process wrote it', () => {
  open().log.info('of an earlier process');
  now = new Date(START + 7 * DAY_MS - 1);
  const { log } = open();
  log.info('not yet');
  expect(old()).toEqual([]);
  now = new Date(START + 7 * DAY_MS);
  log.info('a week later');
  expect(old()).toEqual([`tidemark_20260308020304567_${process.pid}.log`]);
  expect(read(old()[0])).toMatch(/of an earlier process\n.*not yet\n$/);
  expect(read()).toMatch(/^.*a week later\n$/);
});

it('never writes over an old file, and leaves the logs of runs and of others alone', () => {
  const { log } = open({ ...RULES, maxBytes: 1 });
  const taken = `tidemark_20260301020304567_${process.pid}`;
  for (const name of [`${taken}.log`, 'tidemark_old.log', 'tidemark.log.1']) writeFileSync(file(name), name);
  const run = log.forRun('employees', '20260301020304');
  for (let line = 0; line < 2; line++) run.info(LINE);
  expect(read(`${taken}.log`)).toBe(`${taken}.log`);
  expect(read(`${taken}_1.log`)).toContain(LINE);
  for (let line = 0; line < 5; line++) run.info(LINE);
  expect(old()).toEqual(expect.arrayContaining(['tidemark_old.log', 'tidemark.log.1', 'employees']));
  expect(read('employees/employees_20260301020304.log').split('\n')).toHaveLength(8);
});

it('loses no line where several processes write and rotate at once', () => {
  const script = `
    import { createLog } from ${JSON.stringify(join(process.cwd(), 'src/log.ts'))};
    const rotation = { maxBytes: 2000, maxAgeMs: 1e9, maxFiles: 10_000 };
    const log = createLog({ logsDir: ${JSON.stringify(folder)}, level: 'info', rotation, redact: (t) => t, onWriteFailure: () => {} });
    for (let i = 0; i < 400; i++) log.info('line ' + process.argv[1] + ':' + i);`;
  const shell = `for one in a b c; do "$0" --input-type=module -e "$1" $one 2>/dev/null & done; wait`;
  expect(spawnSync('bash', ['-c', shell, process.execPath, script]).status).toBe(0);
  const lines = [...old(), 'tidemark.log'].flatMap((name) =>
    [...read(name).matchAll(/line (\w:\d+)\n/g)].map((match) => match[1]),
  );
  expect(new Set(lines).size).toBe(1200);
  expect(old().length).toBeGreaterThan(10);
});

it('takes new rules from the next line on; null leaves the file to others', () => {
  const { log } = open(null);
  for (let line = 0; line < 50; line++) log.info(LINE);
  expect(old()).toEqual([]);
  log.configure({ level: 'warn', rotation: RULES });
  log.info('below the level');
  expect(old()).toEqual([]);
  log.warn('above');
  expect(old()).toHaveLength(1);
  expect(read()).toMatch(/^.*above\n$/);
});

describe('what others rotate', () => {
  // logrotate with copytruncate, and pm2-logrotate.
  it('is written on from its beginning where it was copied and emptied', () => {
    const { log } = open();
    log.info('before');
    copyFileSync(file(), file('tidemark.log.1'));
    truncateSync(file());
    log.info('after');
    expect(read('tidemark.log.1')).toMatch(/^.*before\n$/);
    expect(read()).toMatch(/^\S.*after\n$/);
    // Its age counts from its first line as it is now.
    now = new Date(START + 6 * DAY_MS);
    truncateSync(file());
    log.info('new first line');
    now = new Date(START + 8 * DAY_MS);
    log.info('second');
    expect(old()).toEqual(['tidemark.log.1']);
  });

  it('is begun anew where it was renamed, without a signal', () => {
    const { log } = open();
    log.info('before');
    renameSync(file(), file('tidemark.log.1'));
    log.info('after');
    expect(read()).toMatch(/^.*after\n$/);
  });

  it('is not touched where it is a link or a device', () => {
    symlinkSync('/dev/null', file());
    const { log } = open({ ...RULES, maxBytes: 1 });
    log.info('one');
    log.info('two');
    expect(readdirSync(folder)).toEqual(['tidemark.log']);
  });
});

it('goes on in the old file where it cannot be renamed, and says so once', () => {
  const { log, stderr } = open({ ...RULES, maxBytes: 1, maxFiles: 1 });
  log.info('first');
  // What makes removing fail for any user: a folder by the name of an old file.
  mkdirSync(file('tidemark_20200101000000000_1.log'));
  log.info('second');
  log.info('third');
  const told = stderr().match(/tidemark\.log cannot be rotated/g);
  expect(told).toHaveLength(1);
  expect(
    [...old().filter((name) => name.includes('2026')), 'tidemark.log'].map((name) => read(name)).join(''),
  ).toMatch(/first\n[^]*second\n[^]*third\n/);
});
