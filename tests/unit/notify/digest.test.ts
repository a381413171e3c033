import type { DigestTask } from '../../../src/notify/digest.ts';
import { formatBytes } from '../../../src/notify/digest-message.ts';
import { report, success } from './sample.ts';
import { HOUR, record, setUp, type SetUpOptions } from './set-up.ts';

const DAY = 24 * HOUR;
const FIRST = new Date('2026-07-01T08:00:00Z');
const day = (days: number, hours = 0): Date => new Date(FIRST.getTime() + days * DAY + hours * HOUR);
const ended = (task: string, at: Date, of: typeof report): typeof report => ({
  ...of,
  task,
  run_id: `${task}-${at.toISOString()}`,
  finished_at: at.toISOString(),
});
const task = (taskName: string, email: string): DigestTask => ({
  spec: { taskName, owner: { name: null, email } },
  nextFire: day(1, 2),
  fires: 24,
});
const TASKS = [
  task('employees', 'a@example.com'),
  task('jobs', 'b@example.com'),
  task('places', 'a@example.com'),
];

function begun(options: SetUpOptions = {}) {
  const process = setUp(options);
  process.notifier.digest!(FIRST, () => TASKS);
  record(process.db, ended('employees', day(0, 1), success));
  record(process.db, ended('employees', day(0, 2), success));
  record(process.db, ended('employees', day(0, 3), report));
  record(process.db, ended('jobs', day(0, 4), success));
  return process;
}

it('writes to each owner how their tasks are, what they did, and what comes', async () => {
  const { notifier, sent } = begun();
  notifier.digest!(day(1), () => TASKS);
  await notifier.close();
  expect(sent.map(({ to, subject }) => [to.address, subject])).toEqual([
    ['a@example.com', '[tidemark] digest: 1 failed, 1 not run yet'],
    ['b@example.com', '[tidemark] digest: 1 well'],
  ]);
  const text = sent[0]!.text.replaceAll(/\s+/g, ' ');
  // "2026" and "PRIVILEGE" are secrets of these tests: what a server has said is redacted, times and codes are not.
  expect(text).toContain('employees: PRIVILEGE_MISSING since 2026-07-01 11:00:00 UTC.');
  expect(text).toContain('What to do: Run: GRANT SELECT');
  expect(text).toContain('Succeeded 2 runs Failed 1 run Rows 2,468 Bytes 198 bytes');
  expect(text).toContain('employees: 3 runs, 1 failed, 2,468 rows, 198 bytes');
  expect(text).toContain('places: no runs');
  expect(text).toContain('48 runs of 2 tasks in the next 24 hours.');
  expect(text).toContain('employees: 2026-07-02 10:00:00 UTC and 23 times more');
  expect(sent[1]?.text).not.toContain('employees');
});

it('writes one for all tasks where somebody else is to get it', async () => {
  const { notifier, sent } = begun({ digestTo: { name: null, address: 'all@example.com' } });
  notifier.digest!(day(1), () => TASKS);
  await notifier.close();
  expect(sent.map(({ to, subject }) => [to.address, subject])).toEqual([
    ['all@example.com', '[tidemark] digest: 1 failed, 1 well, 1 not run yet'],
  ]);
});

it('names tasks that are stale', async () => {
  const { notifier, sent, book } = begun();
  const at = day(0, 5);
  const incident = {
    code: 'NO_RECENT_SUCCESS',
    since: at,
    failures: 1,
    mails: 1,
    lastMailAt: at,
    lastFailureAt: at,
  };
  book.putIncident('stale:jobs', { ...incident, owner: null, fingerprint: null, thread: null });
  notifier.digest!(day(1), () => TASKS);
  await notifier.close();
  expect(sent[1]?.subject).toBe('[tidemark] digest: 1 stale');
  expect(sent[1]?.text.replaceAll(/\s+/g, ' ')).toContain(
    'jobs: no recent success, since 2026-07-01 13:00:00 UTC',
  );
});

it('writes none for the time before there were digests, and each once, whoever asks how often', async () => {
  const first = begun();
  for (let count = 0; count < 3; count++) first.notifier.digest!(FIRST, () => TASKS);
  await first.notifier.close();
  expect(first.sent).toEqual([]);
  const second = first.again();
  for (let count = 0; count < 3; count++) second.notifier.digest!(day(1), () => TASKS);
  await second.notifier.close();
  const third = second.again();
  third.notifier.digest!(day(1), () => TASKS);
  // Another hour of the same day.
  third.notifier.digest!(day(1, 2), () => TASKS);
  await third.notifier.close();
  expect([second.sent.length, third.sent.length]).toEqual([2, 0]);
});

it('makes up for days without a daemon with one digest, which covers them', async () => {
  const { notifier, sent } = begun();
  notifier.digest!(day(4), () => TASKS);
  notifier.digest!(day(5), () => TASKS);
  await notifier.close();
  expect(sent).toHaveLength(4);
  expect(sent[0]?.text).toContain('From 2026-07-01 08:00:00 UTC to 2026-07-05 08:00:00 UTC');
  expect(sent[0]?.text.replaceAll(/\s+/g, ' ')).toContain('Succeeded 2 runs Failed 1 run');
  expect(sent[2]?.text.replaceAll(/\s+/g, ' ')).toContain('Succeeded 0 runs Failed 0 runs');
});

it('writes all of them or none, and again where the state was in the way', async () => {
  const { notifier, sent, db, lines, book } = begun();
  db.exec(
    "CREATE TRIGGER full BEFORE INSERT ON outbox WHEN NEW.recipient LIKE 'b%' BEGIN SELECT raise(ABORT, 'full'); END",
  );
  notifier.digest!(day(1), () => TASKS);
  expect(book.nextDue()).toBeNull();
  expect(lines.filter(({ level }) => level === 'error')).toMatchObject([
    { message: 'mails cannot be written' },
  ]);
  db.exec('DROP TRIGGER full');
  notifier.digest!(day(1), () => TASKS);
  await notifier.close();
  expect(sent).toHaveLength(2);
});

it('stays small with a thousand tasks', async () => {
  const many = Array.from({ length: 1_000 }, (_, index) =>
    task(`task-${index}-${'x'.repeat(100)}`, 'a@example.com'),
  );
  const { notifier, sent, db } = begun();
  for (const {
    spec: { taskName },
  } of many)
    record(
      db,
      ended(taskName, day(0, 1), { ...report, error: { ...report.error!, message: '<'.repeat(5_000) } }),
    );
  notifier.digest!(day(1), () => many);
  await notifier.close();
  for (const form of [sent[0]!.text, sent[0]!.html]) expect(Buffer.byteLength(form)).toBeLessThan(100_000);
  expect(sent[0]?.text).toMatch(/… and 9\d\d more/);
});

it.each([
  [0, '0 bytes'],
  [999, '999 bytes'],
  [1_000, '1.0 kB'],
  [6_120_334, '6.1 MB'],
  [999_960, '1.0 MB'],
  [7e15, '7.0 PB'],
])('writes %s bytes as %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});
