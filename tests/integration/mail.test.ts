import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunReport } from '../../src/domain/run.ts';
import type { TidemarkError } from '../../src/errors.ts';
import type { WrittenMail } from '../../src/notify/letter.ts';
import { invalidSpecMessage } from '../../src/notify/admin-message.ts';
import { createMailer, type Mailer, obstacleOf, type SmtpSettings } from '../../src/notify/mailer.ts';
import { failureMessage } from '../../src/notify/message.ts';
import { createSender } from '../../src/notify/sender.ts';
import { openState } from '../../src/state/database.ts';
import { acquireLock, outboxLockPath } from '../../src/state/lock.ts';
import { mailBook } from '../../src/state/outbox.ts';
import { keptLog } from '../unit/schedule/kept-log.ts';
import { type Mailbox, type MailboxOptions, startMailbox } from '../support/smtp.ts';

const report: RunReport = {
  task: 'employees',
  run_id: 'run-1',
  kind: 'scheduled',
  status: 'failed',
  scheduled_for: '2026-07-01T00:00:00.000Z',
  started_at: '2026-07-01T00:00:00.120Z',
  finished_at: '2026-07-01T00:00:01.120Z',
  duration_ms: 1_000,
  attempts: 1,
  tables: [
    { name: 'employees', rows: 0, bytes: 0, files: 0, sql: [`SELECT ${'`długa_kolumna`, '.repeat(200)}1`] },
  ],
  files: [],
  manifest: null,
  windows: [],
  schema_changes: [],
  unexpected_sizes: [],
  warnings: [],
  error: {
    code: 'PRIVILEGE_MISSING',
    message: 'Zażółć <gęślą> & "jaźń" 😀',
    hint: 'GRANT SELECT',
    retryable: false,
  },
};
const composed = failureMessage({
  spec: {
    taskName: 'employees',
    owner: { name: 'Ólafur, "the" Owner', email: 'owner@example.com' },
    schedule: null,
    timezone: null,
    file: 'specs/employees.json',
    tables: [],
    queryWatermark: null,
  },
  report,
  repeat: null,
  nextFire: null,
  logTail: ['.', '..dots', 'last line'],
  instance: { host: 'etl-1', timezone: 'UTC' },
});

const message: WrittenMail = {
  ...composed,
  messageId: '<c0ffee@example.com>',
  date: '2026-07-01T00:00:02.000Z',
};
const patience = (): AbortSignal => AbortSignal.timeout(60_000);

describe('createMailer', () => {
  const releasers: (() => unknown)[] = [];
  afterEach(async () => {
    for (const release of releasers.splice(0).toReversed()) await release();
  });

  async function startMailer(
    options: MailboxOptions,
    settings: Partial<SmtpSettings> = {},
  ): Promise<{ mailbox: Mailbox; mailer: Mailer }> {
    const mailbox = await startMailbox(options);
    releasers.push(() => mailbox.stop());
    return { mailbox, mailer: open({ host: mailbox.host, port: mailbox.port, ...settings }) };
  }
  function open(settings: Partial<SmtpSettings>): Mailer {
    const mailer = createMailer(
      {
        host: '127.0.0.1',
        port: 25,
        user: null,
        password: null,
        from: 'Tidemark <tidemark@example.com>',
        admin: 'admin@example.com',
        ...settings,
      },
      (text) => text.replaceAll('hunter2', '[redacted]'),
    );
    releasers.push(() => mailer.close());
    return mailer;
  }
  const login = { user: 'tidemark', password: 'hunter2' };

  it('sends all parts, every character of them', async () => {
    const { mailbox, mailer } = await startMailer({});
    await mailer.send(message, patience());
    const [mail] = await mailbox.waitForMail();
    expect(mail?.subject).toBe('[tidemark] employees failed: PRIVILEGE_MISSING');
    expect(mail?.from?.value).toEqual([{ name: 'Tidemark', address: 'tidemark@example.com' }]);
    expect(mail?.to).toMatchObject({
      value: [{ name: 'Ólafur, "the" Owner', address: 'owner@example.com' }],
    });
    expect(mail?.text).toBe(message.text);
    expect(mail?.html).toBe(message.html);
    expect(mail?.attachments).toEqual([]);
    expect(mail?.headers.get('auto-submitted')).toBe('auto-generated');
    expect(mail?.headers.get('x-tidemark-run')).toBe('run-1');
    // Those of its writing, so that a second copy of it can be told.
    expect([mail?.messageId, mail?.date?.toISOString()]).toEqual([message.messageId, message.date]);
  });

  it('lets no name begin a header, a recipient or a body of its own', async () => {
    const { mailbox, mailer } = await startMailer({});
    const evil = (what: string): string =>
      `${what}\r\nBcc: thief@example.com\r\nX-Evil: ${what}\n\n<script>\u2028X-Evil: 2\u0000`;
    const hostile = invalidSpecMessage({
      file: `specs/${evil('file')}.json`,
      faults: [{ file: evil('file'), line: 1, column: 1, path: evil('path'), message: evil('fault') }],
      lastGood: {
        taskName: evil('task'),
        owner: { name: `"${evil('name')}" <thief@example.com>,`, email: 'owner@example.com' },
      },
      admin: 'admin@example.com',
      instance: { host: evil('host'), timezone: 'UTC' },
    });
    const threaded = { ...hostile.headers, 'In-Reply-To': '<1@example.com>', References: '<1@example.com>' };
    await mailer.send({ ...message, ...hostile, headers: threaded }, patience());
    const [mail] = await mailbox.waitForMail();
    expect(mail?.headerLines.map(({ key }) => key).toSorted()).toEqual([
      'auto-submitted',
      'content-type',
      'date',
      'from',
      'in-reply-to',
      'message-id',
      'mime-version',
      'references',
      'subject',
      'to',
      'x-auto-response-suppress',
      'x-tidemark-code',
      'x-tidemark-task',
    ]);
    expect([mail?.to].flat().flatMap((to) => to?.value.map(({ address }) => address))).toEqual([
      'owner@example.com',
    ]);
    expect([mail?.inReplyTo, mail?.references]).toEqual(['<1@example.com>', '<1@example.com>']);
    expect(String(mail?.html)).not.toContain('<script>');
  });

  it('sends one mail after another, and several at once', async () => {
    const { mailbox, mailer } = await startMailer({});
    await mailer.send(message, patience());
    await Promise.all([mailer.send(message, patience()), mailer.send(message, patience())]);
    expect(await mailbox.waitForMail(3)).toHaveLength(3);
  });

  it('encrypts and logs in where the server wants it', async () => {
    const { mailbox, mailer } = await startMailer(
      { startTls: true, auth: login },
      { ...login, secure: 'auto' },
    );
    await mailer.send(message, patience());
    expect(await mailbox.waitForMail()).toHaveLength(1);
  });

  it('logs in without encryption on the loopback interface', async () => {
    const { mailbox, mailer } = await startMailer({ auth: login }, login);
    await mailer.send(message, patience());
    expect(await mailbox.waitForMail()).toHaveLength(1);
  });

  it.each([
    [
      'a certificate that nobody vouches for',
      { startTls: true },
      { secure: 'starttls' },
      /no secure connection to 127\.0\.0\.1:\d+ \(.*certificate/,
      /smtp\.tls_ca/,
      false,
    ],
    [
      'no encryption where it is insisted on',
      {},
      { secure: 'starttls' },
      /no secure connection/,
      /smtp\.secure/,
      false,
    ],
    [
      'an authority that cannot be read',
      { startTls: true },
      { secure: 'starttls', tls_ca: '/nowhere/ca.pem' },
      /no secure connection to \S+ \(the certificate file \/nowhere\/ca\.pem cannot be read: ENOENT\)/,
      /smtp\.tls_ca/,
      false,
    ],
    ['a wrong port for TLS', {}, { secure: 'tls' }, /no secure connection/, /"tls" belongs to 465/, false],
    [
      'a wrong password',
      { auth: { ...login, password: 'another' } },
      login,
      /refused the login \(535/,
      /`user` and `password` of `smtp`/,
      false,
    ],
    [
      'a login that is missing',
      { auth: login },
      {},
      /refused the login \(530/,
      /`user` and `password`/,
      false,
    ],
  ] as const)('says what is wrong with %s', async (_what, options, settings, said, hint, retryable) => {
    const { mailbox, mailer } = await startMailer(options, settings);
    await expect(mailer.send(message, patience())).rejects.toMatchObject({
      code: 'MAIL_FAILED',
      message: expect.stringMatching(said),
      hint: expect.stringMatching(hint),
      retryable,
    });
    expect(mailbox.mails()).toEqual([]);
  });

  it('looks whether the server would take mails, without sending any', async () => {
    const { mailbox, mailer } = await startMailer({ auth: login }, login);
    await mailer.verify();
    expect(mailbox.mails()).toEqual([]);
    const { mailer: wrong } = await startMailer({ auth: login }, { ...login, password: 'another' });
    await expect(wrong.verify()).rejects.toMatchObject({
      code: 'MAIL_FAILED',
      message: expect.stringMatching(/^Mails cannot be sent: 127\.0\.0\.1:\d+ refused the login \(535/),
    });
  });

  it.each([
    ['the recipient', 'recipient', /refused the recipient \(550/, /owner@example\.com exists/, false],
    ['the mail for now', 'message', /refused the mail \(452/, /passes/, true],
    ['whoever connects', 'connection', /127\.0\.0\.1:\d+ .*554/, /\S/, false],
  ] as const)('says so where the server refuses %s', async (_what, refusal, said, hint, retryable) => {
    const { mailbox, mailer } = await startMailer({});
    mailbox.refuse(refusal);
    await expect(mailer.send(message, patience())).rejects.toMatchObject({
      code: 'MAIL_FAILED',
      message: expect.stringMatching(said),
      hint: expect.stringMatching(hint),
      retryable,
    });
    mailbox.refuse(null);
    await mailer.send(message, patience());
    expect(await mailbox.waitForMail()).toHaveLength(1);
  });

  it.each([
    ['connection', 'server'],
    ['recipient', 'refused'],
    ['message', 'deferred'],
  ] as const)('tells what stands in the way where the %s is refused: %s', async (refusal, obstacle) => {
    const { mailbox, mailer } = await startMailer({});
    mailbox.refuse(refusal);
    const error: unknown = await mailer.send(message, patience()).catch((thrown: unknown) => thrown);
    expect(obstacleOf(error as TidemarkError)).toBe(obstacle);
  });

  it.each([
    ['a wrong login', { auth: { ...login, password: 'another' } }, login],
    ['no encryption where it is insisted on', {}, { secure: 'starttls' }],
  ] as const)(
    'takes %s for a fault of the server or the config, not of the mail',
    async (_, options, smtp) => {
      const { mailer } = await startMailer(options, smtp);
      const error: unknown = await mailer.send(message, patience()).catch((thrown: unknown) => thrown);
      expect(obstacleOf(error as TidemarkError)).toBe('server');
    },
  );

  it('gives up when it is told to', async () => {
    const { mailbox, mailer } = await startMailer({});
    mailbox.refuse('hang');
    const stop = new AbortController();
    const sent = mailer.send(message, stop.signal).catch((thrown: unknown) => thrown);
    while (mailbox.unanswered() === 0) await sleep(10);
    stop.abort();
    const error = (await sent) as TidemarkError;
    expect([error.code, obstacleOf(error)]).toEqual(['MAIL_FAILED', 'server']);
  });

  it('says that the server is down, and that trying again can help', async () => {
    const { mailbox, mailer } = await startMailer({});
    await mailbox.stop();
    await expect(mailer.send(message, patience())).rejects.toMatchObject({
      code: 'MAIL_FAILED',
      message: expect.stringMatching(
        /The mail to owner@example\.com was not sent: 127\.0\.0\.1:\d+ cannot be reached/,
      ),
      hint: expect.stringContaining('`host` and `port` of `smtp`'),
      retryable: true,
    });
  });

  it('ends when the server hangs up in the middle', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.write('220 here\r\n');
      socket.once('data', () => socket.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    releasers.push(() => server.close());
    const { port } = server.address() as AddressInfo;
    await expect(open({ port }).send(message, patience())).rejects.toMatchObject({
      code: 'MAIL_FAILED',
      retryable: true,
    });
  });

  it('keeps the password out of what the server says', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.end('554 go away, hunter2\r\n');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    releasers.push(() => server.close());
    const { port } = server.address() as AddressInfo;
    await expect(open({ port }).send(message, patience())).rejects.toMatchObject({
      message: expect.stringContaining('go away, [redacted]'),
    });
  });
});

describe('two processes on one outbox', () => {
  it('send each mail once, in order, also where both are started at once', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tidemark-mail-'));
    const mailbox = await startMailbox();
    const smtp = { host: mailbox.host, port: mailbox.port, user: null, password: null };
    const addresses = { from: 'tidemark@example.com', admin: 'admin@example.com' };
    const openProcess = () => {
      const state = openState(folder);
      const mailer = createMailer({ ...smtp, ...addresses }, (text) => text);
      const outbox = mailBook(state.db);
      const sender = createSender({
        carriers: { mail: mailer },
        outbox,
        lock: () => acquireLock(outboxLockPath(folder)),
        log: keptLog(),
        settings: { firstDelayMs: 60_000, maxDelayMs: 60_000, giveUpAfterMs: 60_000 },
      });
      const stop = async (): Promise<void> => {
        await sender.stop();
        mailer.close();
        state.close();
      };
      return { outbox, sender, stop };
    };
    const processes = [openProcess(), openProcess()] as const;
    for (const { sender } of processes) sender.start(() => {});
    const ids = Array.from({ length: 20 }, (_, index) => `<${index}@example.com>`);
    for (const [index, messageId] of ids.entries()) {
      const { outbox } = processes[index % 2]!;
      const mail = {
        task: 'employees',
        recipient: 'o@example.com',
        message: JSON.stringify({ ...message, messageId }),
      };
      outbox.addMail(mail, new Date());
      for (const { sender } of processes) sender.wake();
    }
    const mails = await mailbox.waitForMail(20);
    for (const { stop } of processes) await stop();
    expect(mails.map(({ messageId }) => messageId)).toEqual(ids);
    expect(mailbox.mails()).toHaveLength(20);
    await mailbox.stop();
    rmSync(folder, { recursive: true });
  });
});
