import { setTimeout as sleep } from 'node:timers/promises';
import { TidemarkError } from '../../../src/errors.ts';
import type { WrittenMail } from '../../../src/notify/letter.ts';
import type { Carrier } from '../../../src/notify/carrier.ts';
import { obstacleOf } from '../../../src/notify/mailer.ts';
import { createSender, type Sender, type SenderOptions } from '../../../src/notify/sender.ts';
import { mailBook } from '../../../src/state/outbox.ts';
import { HOUR, keptLines, stateInMemory } from './set-up.ts';

const SETTINGS = { firstDelayMs: 60_000, maxDelayMs: HOUR, giveUpAfterMs: 72 * HOUR };

const DOWN = { message: 'ECONNREFUSED', code: 'ESOCKET' };
const REFUSED = { code: 'EENVELOPE', command: 'RCPT TO', responseCode: 550 };
const DEFERRED = { code: 'EMESSAGE', command: 'DATA', responseCode: 452 };

const carrier = (send: Carrier['send']): Carrier => ({ send, obstacleOf, pauseAfter: () => 0 });

/** An outbox with a server in front that answers each mail as `answers` says, by the mail's subject. */
function setUp(options: Partial<SenderOptions> = {}) {
  const db = stateInMemory();
  const book = mailBook(db);
  const { log, lines } = keptLines();
  const answers = new Map<string, object>();
  const tried: string[] = [];
  const mailer = {
    send: ({ subject }: WrittenMail): Promise<void> => {
      tried.push(subject);
      const cause = answers.get(subject) ?? answers.get('*');
      return cause === undefined
        ? Promise.resolve()
        : Promise.reject(new TidemarkError('MAIL_FAILED', 'no', { cause }));
    },
    obstacleOf,
    pauseAfter: () => 0,
  };
  const patience = { stopMs: 60_000, lockMs: 60_000 };
  const open = (): Sender =>
    createSender({
      carriers: { mail: mailer },
      outbox: book,
      lock: () => ({ release: () => {} }),
      log,
      settings: SETTINGS,
      patience,
      ...options,
    });
  const add = (subject: string, task: string | null = null, at = new Date()): void => {
    const to = { name: null, address: 'o@example.com' };
    book.addMail(
      { task, recipient: to.address, message: JSON.stringify({ subject, to, text: `text of ${subject}` }) },
      at,
    );
  };
  /** What a command sends at its end. */
  const sendOnce = async (): Promise<string[]> => {
    tried.length = 0;
    const sender = open();
    sender.wake();
    await sender.stop();
    return [...tried];
  };
  const rows = () => db.prepare('SELECT id, attempts, obstacle, last_error FROM outbox ORDER BY id').all();
  const left = (): number => rows().length;
  return { db, book, log, lines, answers, tried, open, add, sendOnce, rows, left };
}

function setUpOn(book: SenderOptions['outbox'], carriers: SenderOptions['carriers']): Sender {
  const { log } = keptLines();
  return createSender({
    carriers,
    outbox: book,
    lock: () => ({ release: () => {} }),
    log,
    settings: SETTINGS,
  });
}

async function until(what: () => boolean): Promise<void> {
  while (!what()) await sleep(5);
}

it('sends what is due in the order in which it was written, and forgets it', async () => {
  const { add, sendOnce, left, lines } = setUp();
  for (const subject of ['a', 'b', 'c']) add(subject);
  expect(await sendOnce()).toEqual(['a', 'b', 'c']);
  expect(left()).toBe(0);
  expect(lines.map(({ message, fields }) => [message, fields?.['subject']])).toEqual(
    ['a', 'b', 'c'].map((subject) => ['mail sent', subject]),
  );
});

it('sends through one channel while the server of the other is down, and leaves alone what it has no carrier for', async () => {
  const { book, left } = setUp();
  const tried: string[] = [];
  const add = (channel: 'mail' | 'webhook', subject: string): void => {
    const to = { name: null, address: 'o@example.com' };
    const message = JSON.stringify({ subject, to, text: '' });
    book.addMail({ channel, task: null, recipient: channel, message }, new Date());
  };
  for (const subject of ['a', 'b']) {
    add('mail', `mail ${subject}`);
    add('webhook', `webhook ${subject}`);
  }
  const down = carrier(({ subject }) => {
    tried.push(subject);
    return Promise.reject(new TidemarkError('MAIL_FAILED', 'no', { cause: DOWN }));
  });
  const up = carrier(({ subject }) => Promise.resolve(void tried.push(subject)));
  const send = async (carriers: SenderOptions['carriers']): Promise<string[]> => {
    tried.length = 0;
    const sender = setUpOn(book, carriers);
    sender.wake();
    await sender.stop();
    return [...tried];
  };
  expect(await send({ mail: down, webhook: up })).toEqual(['mail a', 'webhook a', 'webhook b']);
  book.hurry(new Date());
  expect(await send({ webhook: up })).toEqual([]);
  expect(left()).toBe(2);
  expect(await send({ mail: up })).toEqual(['mail a', 'mail b']);
});

it('leaves the other side alone for as long as it asks for', async () => {
  const { add, book } = setUp();
  add('a');
  const busy: Carrier = {
    ...carrier(() => Promise.reject(new TidemarkError('MAIL_FAILED', 'no', { cause: DOWN }))),
    pauseAfter: () => 30 * HOUR,
  };
  const sender = setUpOn(book, { mail: busy });
  sender.wake();
  await sender.stop();
  expect(book.nextDue()!.getTime() - Date.now()).toBeGreaterThan(29 * HOUR);
});

it('sends nothing where nobody asked for it', async () => {
  const { add, open, tried } = setUp();
  add('a');
  await open().stop();
  expect(tried).toEqual([]);
});

it('tries a server that is down with one mail, keeps all, and sends all as soon as one goes through', async () => {
  const { add, answers, sendOnce, left, lines, rows, book } = setUp();
  for (const subject of ['a', 'b', 'c']) add(subject);
  answers.set('*', DOWN);
  expect(await sendOnce()).toEqual(['a']);
  expect(rows().map(({ attempts, obstacle }) => [attempts, obstacle])).toEqual([
    [1, 'server'],
    [0, 'server'],
    [0, 'server'],
  ]);
  expect(lines).toMatchObject([
    { level: 'warn', message: 'a mail could not be sent yet', fields: { code: 'MAIL_FAILED', attempts: 1 } },
  ]);
  const wait = book.nextDue()!.getTime() - Date.now();
  expect(wait).toBeGreaterThan(20_000);
  expect(wait).toBeLessThanOrEqual(60_000);
  expect(await sendOnce()).toEqual([]);
  answers.clear();
  add('new', 'another task');
  expect(await sendOnce()).toEqual(['new', 'a', 'b', 'c']);
  expect(left()).toBe(0);
});

it('lets a mail that waits hold up those of its task, and no other', async () => {
  const { add, answers, sendOnce, left } = setUp();
  add('a1', 'a');
  add('a2', 'a');
  add('b1', 'b');
  answers.set('a1', DEFERRED);
  expect(await sendOnce()).toEqual(['a1', 'b1']);
  expect(left()).toBe(2);
});

it('lets a mail that was refused for good hold up none', async () => {
  const { add, answers, sendOnce, rows } = setUp();
  add('a1', 'a');
  add('a2', 'a');
  answers.set('a1', REFUSED);
  expect(await sendOnce()).toEqual(['a1', 'a2']);
  expect(rows()).toMatchObject([{ attempts: 1, obstacle: 'refused', last_error: 'no' }]);
});

it.each([
  ['refused', REFUSED, 73, true],
  ['refused', REFUSED, 71, false],
  ['deferred', DEFERRED, 73, true],
  ['one the server was down for', DOWN, 29 * 24, false],
  ['one the server was down for', DOWN, 31 * 24, true],
])('gives up a mail that is %s (%j) after %d hours: %s', async (_what, cause, hours, given) => {
  const { add, answers, sendOnce, left, lines } = setUp();
  add('a', 'employees', new Date(Date.now() - hours * HOUR));
  answers.set('a', cause);
  await sendOnce();
  expect(left()).toBe(given ? 0 : 1);
  const level = given ? 'error' : 'warn';
  const text = given ? 'text of a' : undefined;
  expect(lines.map((line) => [line.level, line.fields?.['text'], line.fields?.['task']])).toEqual([
    [level, text, 'employees'],
  ]);
});

it('has put a mail off before it is sent, so that a crash does not make it be sent over and over', async () => {
  const { add, book, db, log } = setUp();
  add('a');
  let due: unknown;
  const sender = createSender({
    carriers: {
      mail: carrier(() => {
        due = db
          .prepare('SELECT attempts, next_attempt_at > ? AS later FROM outbox')
          .get(new Date().toISOString());
        return Promise.resolve();
      }),
    },
    outbox: book,
    lock: () => ({ release: () => {} }),
    log,
    settings: SETTINGS,
  });
  sender.wake();
  await sender.stop();
  expect(due).toEqual({ attempts: 1, later: 1 });
});

it('sends a mail only when no failure of this machine can make it forgotten, and none where another one sends', async () => {
  const asked: number[] = [];
  const one = setUp({ settled: () => Promise.resolve(void asked.push(one.tried.length)) });
  for (const subject of ['a', 'b']) one.add(subject);
  expect(await one.sendOnce()).toEqual(['a', 'b']);
  expect(asked).toEqual([0, 1]);

  const lost = new TidemarkError('LEADERSHIP_LOST', 'another one leads');
  const other = setUp({ settled: () => Promise.reject(lost) });
  other.add('a');
  expect(await other.sendOnce()).toEqual([]);
  expect(other.left()).toBe(1);
});

it('leaves the mails to another process that is sending', async () => {
  const patience = { stopMs: 60_000, lockMs: 100 };
  const { add, open, tried, left } = setUp({ lock: () => null, patience });
  add('a');
  const sender = open();
  sender.start(() => {});
  sender.wake();
  await sender.stop();
  expect([tried, left()]).toEqual([[], 1]);
});

it('waits a moment for another process that ends, when it is stopped', async () => {
  let asked = 0;
  const { add, sendOnce } = setUp({ lock: () => (++asked < 3 ? null : { release: () => {} }) });
  add('a');
  expect(await sendOnce()).toEqual(['a']);
});

describe('once started', () => {
  it('sends also what was put off, and whatever comes', async () => {
    const { add, answers, sendOnce, open, tried } = setUp();
    add('a');
    answers.set('a', DOWN);
    await sendOnce();
    tried.length = 0;
    answers.clear();
    const sender = open();
    let looks = 0;
    sender.start(() => void looks++);
    await until(() => tried.length === 1);
    add('b');
    sender.wake();
    await until(() => tried.length === 2);
    await sender.stop();
    expect(tried).toEqual(['a', 'b']);
    expect(looks).toBeGreaterThan(1);
  });

  it('tries again when the time has come, without being asked', async () => {
    const { add, answers, open, tried, left } = setUp({
      settings: { ...SETTINGS, firstDelayMs: 20, maxDelayMs: 20 },
    });
    add('a');
    answers.set('a', DOWN);
    const sender = open();
    sender.start(() => {});
    await until(() => tried.length >= 2);
    answers.clear();
    await until(() => left() === 0);
    await sender.stop();
    expect(tried.length).toBeGreaterThan(2);
  });

  it('stops while a mail hangs, and keeps it', async () => {
    const { add, left, open, lines } = setUp({
      patience: { stopMs: 100, lockMs: 0 },
      carriers: {
        mail: carrier(
          (_, signal) =>
            new Promise((_resolve, reject) => {
              signal.addEventListener('abort', () => reject(new TidemarkError('MAIL_FAILED', 'given up')));
            }),
        ),
      },
    });
    add('a');
    const sender = open();
    sender.start(() => {});
    await sender.stop();
    expect(left()).toBe(1);
    expect(lines).toMatchObject([{ message: 'a mail could not be sent yet' }]);
  });

  it('says that the state cannot be used, and lives on', async () => {
    const { db, open, lines } = setUp();
    db.exec('DROP TABLE outbox');
    const sender = open();
    sender.start(() => {});
    await sender.stop();
    expect(lines.map(({ level, message }) => [level, message])).toEqual([
      ['error', 'the outbox cannot be used; its mails wait'],
      ['error', 'the outbox cannot be used; its mails wait'],
    ]);
  });
});
