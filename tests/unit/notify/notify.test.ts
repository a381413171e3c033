import { FaultsError, TidemarkError } from '../../../src/errors.ts';
import type { MailMessage } from '../../../src/notify/letter.ts';
import { createNotifier } from '../../../src/notify/notify.ts';
import type { Log, LogFields } from '../../../src/ports.ts';
import { createRedactor } from '../../../src/redact.ts';
import { failure, instance, report, spec } from './sample.ts';

function setUp(send?: () => Promise<void>) {
  const mails: MailMessage[] = [];
  const lines: { level: string; message: string; fields: LogFields | undefined }[] = [];
  const write =
    (level: string) =>
    (message: string, fields?: LogFields): void =>
      void lines.push({ level, message, fields });
  const log: Log = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
  const notifier = createNotifier({
    mailer: {
      send: send ?? ((message) => Promise.resolve(void mails.push(message))),
    },
    smtp: { admin: 'admin@example.com' },
    log,
    redact: createRedactor(['hunter2', 'failed', '2026', 'PRIVILEGE']),
    instance,
  });
  return { notifier, mails, lines };
}
const context = { nextFire: null, logTail: [] };

describe('createNotifier', () => {
  it('mails the owner of a run that failed, and says so in the log', async () => {
    const { notifier, mails, lines } = setUp();
    await notifier.runFinished(spec, report, context);
    expect(mails.map((mail) => mail.to.address)).toEqual(['owner@example.com']);
    expect(lines).toEqual([
      {
        level: 'info',
        message: 'mail sent',
        fields: {
          task: 'employees',
          to: 'owner@example.com',
          subject: '[tidemark] employees failed: PRIVILEGE_MISSING',
        },
      },
    ]);
  });

  it.each(['succeeded', 'skipped'] as const)('is silent about a run that %s', async (status) => {
    const { notifier, mails, lines } = setUp();
    await notifier.runFinished(spec, { ...report, status, error: null }, context);
    expect([mails, lines]).toEqual([[], []]);
  });

  it('mails no secret, wherever it stands, and keeps codes and times whatever the secrets are', async () => {
    const { notifier, mails } = setUp();
    await notifier.runFinished(
      spec,
      {
        ...report,
        error: { ...failure, message: 'hunter2 was refused', hint: 'not hunter2' },
        warnings: ['hunter2'],
        windows: [{ table: 'employees', column: 'password', from: "'hunter2'" }],
        tables: [{ name: 'employees', rows: 0, bytes: 0, files: 0, sql: [`SELECT 'hunter2'`] }],
      },
      { ...context, sql: `SELECT 2, 'hunter2'`, logTail: ['password hunter2'] },
    );
    const [mail] = mails;
    expect(JSON.stringify(mail)).not.toContain('hunter2');
    expect(mail?.text.split('[redacted]')).toHaveLength(8);
    expect(mail?.subject).toBe('[tidemark] employees failed: PRIVILEGE_MISSING');
    expect(mail?.text).toContain('2026-07-01 00:00:00 UTC');
  });

  it('mails an invalid spec to the last good owner, or else to the administrator', async () => {
    const { notifier, mails } = setUp();
    const fault = { file: 'specs/a.json', line: 1, column: 1, path: '', message: 'not JSON: hunter2' };
    const error = new FaultsError('SPEC_INVALID', [fault]);
    await notifier.specInvalid({ file: 'specs/a.json', lastGood: spec, error });
    await notifier.specInvalid({ file: 'specs/a.json', lastGood: null, error });
    expect(mails.map((mail) => mail.to.address)).toEqual(['owner@example.com', 'admin@example.com']);
    expect(mails[0]?.text).toContain('specs/a.json:1:1 not JSON: [redacted]');
  });

  it('mails the administrator when the logs cannot be written', async () => {
    const { notifier, mails } = setUp();
    await notifier.logsUnwritable(new TidemarkError('LOGS_UNWRITABLE', 'no space'));
    expect(mails.map((mail) => mail.to.address)).toEqual(['admin@example.com']);
  });

  it('ends a mail that cannot be sent as one log line that says what it would have said', async () => {
    const { notifier, lines } = setUp(() =>
      Promise.reject(new TidemarkError('MAIL_FAILED', 'smtp.example.com:587 refused the login')),
    );
    await notifier.runFinished(spec, report, context);
    expect(lines).toEqual([
      {
        level: 'error',
        message: 'a mail could not be sent',
        fields: {
          task: 'employees',
          code: 'MAIL_FAILED',
          cause: 'smtp.example.com:587 refused the login',
          hint: expect.any(String),
          to: 'owner@example.com',
          subject: '[tidemark] employees failed: PRIVILEGE_MISSING',
          text: expect.stringContaining(failure.hint),
        },
      },
    ]);
  });
});
