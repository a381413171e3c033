import type { RunReport } from '../../../src/domain/run.ts';
import { FaultsError, TidemarkError } from '../../../src/errors.ts';
import type { MailBook } from '../../../src/mail-ports.ts';
import { recordBeginning, recordDeaths } from '../../../src/state/runs.ts';
import { attemptOf, slotOf } from '../../support/runs.ts';
import { failure, report, spec, success } from './sample.ts';
import { HOUR, record, setUp, stateInMemory, type SetUp } from './set-up.ts';

const context = { nextFire: null, logTail: [] };
const START = Date.parse(report.finished_at);

/** The failed run, so many hours later. */
function failedAt(hour: number, changes: Partial<RunReport> = {}): RunReport {
  const at = new Date(START + hour * HOUR).toISOString();
  return { ...report, run_id: `run-${hour}`, finished_at: at, ...changes };
}
function succeededAt(hour: number, changes: Partial<RunReport> = {}): RunReport {
  return { ...success, run_id: `run-${hour}`, finished_at: failedAt(hour).finished_at, ...changes };
}
const subjects = ({ sent }: SetUp): string[] => sent.map(({ subject }) => subject);
const FAILED = '[tidemark] employees failed: PRIVILEGE_MISSING';
const RECOVERED = '[tidemark] employees recovered';

describe('a run', () => {
  it('that failed is mailed to its owner, and the log says so', async () => {
    const { notifier, sent, lines } = setUp();
    notifier.runFinished(spec, report, context);
    await notifier.close();
    expect(sent.map(({ to, messageId }) => [to.address, messageId])).toEqual([
      ['owner@example.com', expect.stringMatching(/^<[0-9a-f-]{36}@mail\.example\.com>$/)],
    ]);
    const fields = { task: 'employees', to: 'owner@example.com', subject: FAILED };
    expect(lines).toEqual([{ level: 'info', message: 'mail sent', fields }]);
  });

  it.each(['succeeded', 'skipped'] as const)('that %s is nothing to write about', async (status) => {
    const { notifier, sent, lines } = setUp();
    notifier.runFinished(spec, { ...report, status, error: null }, context);
    await notifier.close();
    expect([sent, lines]).toEqual([[], []]);
  });

  it('mails no secret, wherever it stands, and keeps codes and times whatever the secrets are', async () => {
    const { notifier, sent, db } = setUp();
    notifier.runFinished(
      spec,
      {
        ...report,
        error: { ...failure, message: 'hunter2 was refused', hint: 'not hunter2' },
        warnings: ['hunter2'],
        windows: [{ ...report.windows[0]!, column: 'password', from: 'hunter2' }],
        tables: [{ name: 'employees', rows: 0, bytes: 0, files: 0, sql: [`SELECT 'hunter2'`] }],
      },
      { ...context, sql: `SELECT 2, 'hunter2'`, logTail: ['password hunter2'] },
    );
    expect(JSON.stringify(db.prepare('SELECT * FROM outbox').all())).not.toContain('hunter2');
    await notifier.close();
    const [mail] = sent;
    expect(mail?.text.split('[redacted]')).toHaveLength(8);
    expect(mail?.subject).toBe(FAILED);
    expect(mail?.text).toContain('2026-07-01 00:00:00 UTC');
  });

  it('that fails again in the same way is mailed ever less often, whoever runs it', async () => {
    let process = setUp();
    const all: string[] = [];
    for (let hour = 0; hour < 32; hour++) {
      process.notifier.runFinished(spec, failedAt(hour), context);
      await process.notifier.close();
      all.push(...process.sent.map(({ text }) => `${hour}: ${/\d+ runs/.exec(text)?.[0] ?? 'first'}`));
      process = process.again();
    }
    expect(all).toEqual(['0: first', '1: 2 runs', '7: 8 runs', '30: 31 runs']);
  });

  it('that fails with another code is mailed at once', async () => {
    const process = setUp();
    process.notifier.runFinished(spec, report, context);
    const error = { ...failure, code: 'TABLE_UNKNOWN' } as const;
    process.notifier.runFinished(spec, failedAt(0.1, { error }), context);
    await process.notifier.close();
    expect(subjects(process)).toEqual([FAILED, '[tidemark] employees failed: TABLE_UNKNOWN']);
  });

  it('that succeeds after a failure is mailed once, whoever runs it', async () => {
    const first = setUp();
    for (const hour of [0, 0.5, 0.9]) first.notifier.runFinished(spec, failedAt(hour), context);
    await first.notifier.close();
    const second = first.again();
    second.notifier.runFinished(spec, succeededAt(2), context);
    second.notifier.runFinished(spec, succeededAt(3), context);
    await second.notifier.close();
    expect(subjects(second)).toEqual([RECOVERED]);
    expect(second.sent[0]?.text).toMatch(/For +2 h 0 min\n[^]*Failed +3 runs\n +With +PRIVILEGE_MISSING\n/);
    const third = second.again();
    third.notifier.runFinished(spec, failedAt(4), context);
    await third.notifier.close();
    expect(subjects(third)).toEqual([FAILED]);
  });

  it('makes one thread of all mails until it is well again, also over a restart, and a new one after that', async () => {
    const first = setUp();
    const other = { ...failure, code: 'TABLE_UNKNOWN' } as const;
    first.notifier.runFinished(spec, failedAt(0), context);
    first.notifier.runFinished(spec, failedAt(0.5, { error: other }), context);
    await first.notifier.close();
    const second = first.again();
    second.notifier.runFinished(spec, failedAt(2), context);
    second.notifier.runFinished(spec, succeededAt(3), context);
    second.notifier.runFinished(spec, failedAt(4), context);
    await second.notifier.close();
    const mails = [...first.sent, ...second.sent];
    const [root] = mails;
    expect(mails.map(({ headers }) => [headers['In-Reply-To'], headers['References']])).toEqual([
      [undefined, undefined],
      [root?.messageId, root?.messageId],
      [root?.messageId, root?.messageId],
      [root?.messageId, root?.messageId],
      [undefined, undefined],
    ]);
    expect(new Set(mails.map(({ messageId }) => messageId)).size).toBe(5);
    expect(mails.map(({ headers }) => headers['List-Id'])).toEqual(
      mails.map(() => '<employees.tidemark.mail.example.com>'),
    );
  });

  it('of a backfill fails and recovers for itself', async () => {
    const process = setUp();
    const { notifier } = process;
    notifier.runFinished(spec, failedAt(0, { kind: 'backfill' }), context);
    notifier.runFinished(spec, succeededAt(1), context);
    notifier.runFinished(spec, failedAt(2), context);
    notifier.runFinished(spec, succeededAt(3, { kind: 'backfill' }), context);
    await notifier.close();
    expect(subjects(process)).toEqual([FAILED, FAILED, RECOVERED]);
    expect(process.book.incidents('employees')).toHaveLength(1);
    expect(process.book.incidents('backfill:employees')).toEqual([]);
  });
});

describe('a run that ended without its process', () => {
  it('and was recorded as a success later, is mailed as a recovery, once', async () => {
    const before = setUp();
    before.notifier.runFinished(spec, report, context);
    record(before.db, report);
    await before.notifier.close();
    record(before.db, succeededAt(1));
    const process = before.again();
    process.notifier.start();
    process.notifier.runFinished(spec, succeededAt(1), context);
    await process.notifier.close();
    const later = process.again();
    later.notifier.start();
    await later.notifier.close();
    expect([...subjects(process), ...subjects(later)]).toEqual([RECOVERED]);
    expect(process.sent[0]?.to.address).toBe('owner@example.com');
  });

  it('is no recovery where it lies before the failure', async () => {
    const process = setUp();
    record(process.db, succeededAt(-1));
    process.notifier.runFinished(spec, report, context);
    process.notifier.start();
    await process.notifier.close();
    expect(subjects(process)).toEqual([FAILED]);
  });

  it('and died, is mailed when the task runs again, once for each death', async () => {
    const process = setUp();
    const { db, notifier } = process;
    const dies = (second: number): void => {
      const identity = attemptOf(slotOf(new Date(START + second * 1000)), { runId: `dead-${second}` });
      recordBeginning(db, { task: 'employees', sink: 's3', identity }, new Date(START + second * 1000));
      recordDeaths(db, 'employees', new Date(START + second * 1000 + 500));
    };
    dies(0);
    dies(1);
    notifier.runBegins(spec);
    notifier.runBegins(spec);
    await notifier.close();
    expect(subjects(process)).toEqual(['[tidemark] employees failed: PROCESS_DIED']);
    expect(process.sent[0]?.text).toContain('the task has just begun to run again');
    // Whether the commit had begun, and recovery has finished it, the mail cannot know.
    expect(process.sent[0]?.text).not.toContain('Nothing was published');
    expect(process.sent[0]?.text).not.toContain('Nothing of the run stays');
    expect(process.sent[0]?.text.replace(/\s+/g, ' ')).toContain(
      'Only where its commit had begun, it is published whole instead',
    );
    expect(process.book.incidents('employees')).toMatchObject([{ code: 'PROCESS_DIED', failures: 2 }]);
    dies(2);
    record(db, succeededAt(0.5, { kind: 'backfill' }));
    notifier.runBegins(spec);
    expect(process.book.incidents('employees')).toMatchObject([{ failures: 3 }]);
    record(db, succeededAt(1));
    notifier.runFinished(spec, succeededAt(1), context);
    notifier.runBegins(spec);
    expect(process.book.incidents('employees')).toEqual([]);
  });

  it('of a backfill and died, is mailed as that, and not again, whatever becomes of later runs', async () => {
    const process = setUp();
    const { db, notifier } = process;
    const backfill = { id: 'b', from: '2026-01-01', to: '2026-01-02' };
    const identity = attemptOf(slotOf(new Date(START)), { runId: 'dead', kind: 'backfill', backfill });
    recordBeginning(db, { task: 'employees', sink: 's3', identity }, new Date(START));
    recordDeaths(db, 'employees', new Date(START + 500));
    for (const hour of [1, 2, 9, 40]) {
      notifier.runBegins(spec);
      record(db, failedAt(hour));
    }
    expect(process.book.incidents('backfill:employees')).toMatchObject([{ failures: 1, mails: 1 }]);
    const done = succeededAt(41, { kind: 'backfill' });
    record(db, done);
    notifier.runFinished(spec, done, context);
    notifier.runBegins(spec);
    await notifier.close();
    expect(subjects(process)).toEqual(['[tidemark] employees failed: PROCESS_DIED', RECOVERED]);
  });
});

describe('a spec that cannot be used', () => {
  const fault = { file: 'specs/a.json', line: 1, column: 1, path: '', message: 'not JSON: hunter2' };
  const error = new FaultsError('SPEC_INVALID', [fault]);
  const invalid = { file: 'specs/a.json', lastGood: null, error };

  it('is mailed to the last good owner, or else to the administrator', async () => {
    const { notifier, sent } = setUp();
    notifier.specInvalid({ ...invalid, lastGood: spec });
    notifier.specInvalid(invalid);
    await notifier.close();
    expect(sent.map((mail) => mail.to.address)).toEqual(['owner@example.com', 'admin@example.com']);
    expect(sent[0]?.text).toContain('specs/a.json:1:1 not JSON: [redacted]');
  });

  it('is mailed once for the same faults, also by the next daemon, until it could be used', async () => {
    const first = setUp();
    first.notifier.specInvalid(invalid);
    await first.notifier.close();
    const second = first.again();
    second.notifier.specsValid(['specs/b.json']);
    second.notifier.specInvalid(invalid);
    await second.notifier.close();
    expect([first.sent.length, second.sent.length]).toEqual([1, 0]);
    const other = new FaultsError('SPEC_INVALID', [{ ...fault, line: 2 }]);
    const third = second.again();
    third.notifier.specInvalid({ ...invalid, error: other });
    third.notifier.specsValid(['specs/a.json']);
    third.notifier.specInvalid({ ...invalid, error: other });
    await third.notifier.close();
    // Other faults belong to the same thread; those after a version that could be used begin a new one.
    expect(third.sent.map(({ headers }) => [headers['In-Reply-To'], headers['List-Id']])).toEqual([
      [first.sent[0]?.messageId, '<tidemark.mail.example.com>'],
      [undefined, '<tidemark.mail.example.com>'],
    ]);
  });
});

it('mails the administrator when the logs cannot be written, not each time that a full disk has room for a line', async () => {
  const first = setUp();
  first.notifier.logsUnwritable(new TidemarkError('LOGS_UNWRITABLE', 'no space'));
  first.notifier.logsUnwritable(new TidemarkError('LOGS_UNWRITABLE', 'no space'));
  await first.notifier.close();
  expect(first.sent.map((mail) => mail.to.address)).toEqual(['admin@example.com']);
  const second = first.again();
  second.notifier.logsUnwritable(new TidemarkError('LOGS_UNWRITABLE', 'no space'));
  await second.notifier.close();
  expect(second.sent).toEqual([]);
});

describe('where the state cannot be used', () => {
  const refuse = (): never => {
    throw new TidemarkError('STATE_UNUSABLE', 'the disk is full');
  };
  const unusable = (): MailBook => {
    const names = ['atOnce', 'incidents', 'subjects', 'recoveries', 'deaths', 'takeDue', 'nextDue', 'hurry'];
    return Object.fromEntries(names.map((name) => [name, refuse])) as unknown as MailBook;
  };

  it('mails directly, and neither repeats nor a recovery are lost on the process', async () => {
    const process = setUp({ book: unusable() });
    const { notifier } = process;
    notifier.start();
    notifier.runBegins(spec);
    notifier.runFinished(spec, failedAt(0), context);
    notifier.runFinished(spec, failedAt(0.5), context);
    notifier.specsValid(['specs/a.json']);
    notifier.runFinished(spec, succeededAt(1), context);
    await notifier.close();
    expect(subjects(process)).toEqual([FAILED, RECOVERED]);
  });

  it('ends a mail that cannot be sent either as a log line that says what it would have said', async () => {
    const { notifier, lines } = setUp({
      book: unusable(),
      send: () => Promise.reject(new TidemarkError('MAIL_FAILED', 'smtp.example.com:587 refused the login')),
    });
    notifier.runFinished(spec, report, context);
    await notifier.close();
    expect(lines.filter(({ fields }) => fields?.['code'] === 'MAIL_FAILED')).toEqual([
      {
        level: 'error',
        message: 'a mail could not be sent',
        fields: {
          task: 'employees',
          code: 'MAIL_FAILED',
          cause: 'smtp.example.com:587 refused the login',
          hint: expect.any(String),
          to: 'owner@example.com',
          subject: FAILED,
          text: expect.stringContaining(failure.hint),
        },
      },
    ]);
  });

  it('writes all of it or nothing', () => {
    const db = stateInMemory();
    db.exec("CREATE TRIGGER full BEFORE INSERT ON outbox BEGIN SELECT raise(ABORT, 'full'); END");
    const { notifier, book, lines } = setUp({ db });
    notifier.runFinished(spec, report, context);
    expect(book.incidents('employees')).toEqual([]);
    expect(lines).toMatchObject([{ level: 'warn', message: expect.stringContaining('sent directly') }]);
  });
});
