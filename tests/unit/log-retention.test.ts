/** Which log files are removed, and which are not. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { removeOldLogs } from '../../src/log-retention.ts';

const BEFORE = new Date('2026-03-01T00:00:00Z');
const NEVER = new AbortController().signal;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-logs-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Makes a file that was last written so many days before or after the time. */
function file(name: string, days: number): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, 'line\n');
  const at = new Date(BEFORE.getTime() + days * 86_400_000);
  utimesSync(path, at, at);
  return path;
}

it('removes old files of runs and rotations, and folders that are empty then', async () => {
  const gone = [
    file('employees/employees_20260101030000.log', -1),
    file('jobs/jobs_20251201030000.log', -60),
    file('jobs/jobs_20251201030000-20251202030000.log', -60),
    file('tidemark_20260101030000123_7.log', -1),
    file('tidemark_20260101030000123_7_1.log', -1),
  ];
  const kept = [
    file('employees/employees_20260302030000.log', 1),
    file('tidemark_20260302030000123_7.log', 1),
  ];
  expect(await removeOldLogs(folder, BEFORE, NEVER)).toBe(5);
  expect(gone.filter(existsSync)).toEqual([]);
  expect(kept.filter(existsSync)).toEqual(kept);
  expect(existsSync(join(folder, 'jobs'))).toBe(false);
});

it('leaves everything else, however old', async () => {
  const kept = [
    'tidemark.log',
    'tidemark.log.1.gz',
    'notes.txt',
    'employees/notes.log',
    'employees/other_20260101030000.log',
    'employees/employees_20260101.log',
    'employees/deeper/employees_20260101030000.log',
  ].map((name) => file(name, -365));
  expect(await removeOldLogs(folder, BEFORE, NEVER)).toBe(0);
  expect(kept.filter(existsSync)).toEqual(kept);
});

it('has nothing to do where no line has been written yet', async () => {
  expect(await removeOldLogs(join(folder, 'logs'), BEFORE, NEVER)).toBe(0);
});

it('removes what it can, and says what it could not', async () => {
  const gone = file('jobs/jobs_20251201030000.log', -60);
  const wrong = file('logs', -60);
  await expect(removeOldLogs(wrong, BEFORE, NEVER)).rejects.toMatchObject({
    code: 'LOGS_UNWRITABLE',
    message: expect.stringContaining('ENOTDIR'),
  });
  expect(await removeOldLogs(folder, BEFORE, NEVER)).toBe(1);
  expect(existsSync(gone)).toBe(false);
});

it('stops when it is told to', async () => {
  const kept = file('jobs/jobs_20251201030000.log', -60);
  expect(await removeOldLogs(folder, BEFORE, AbortSignal.abort())).toBe(0);
  expect(existsSync(kept)).toBe(true);
});
