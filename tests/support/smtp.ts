/** A mail server that keeps what it is sent, parsed. With encryption, a login, or refusals where a test asks. */
import { once } from 'node:events';
import { simpleParser, type ParsedMail } from 'mailparser';
import { SMTPServer } from 'smtp-server';
import { freePort } from './guarded.ts';

const WAIT_SECONDS = 90;

export interface MailboxOptions {
  /** Only this login may send. */
  readonly auth?: { readonly user: string; readonly password: string };
  /** Offers STARTTLS, with a certificate that nobody vouches for. Default false. */
  readonly startTls?: boolean;
  /** Default: any free one. */
  readonly port?: number;
}

/**
 * Where the server says no: to whoever connects (554), to the recipient (550), after the message (452, temporary). Or
 * says nothing after the message, which it has lost (`hang`) or taken (`silence`).
 */
export type Refusal = 'connection' | 'recipient' | 'message' | 'hang' | 'silence';

export interface Mailbox {
  readonly host: string;
  readonly port: number;
  mails(): readonly ParsedMail[];
  /** The first `count` mails, as soon as there are that many. Rejects after a minute and a half. */
  waitForMail(count?: number): Promise<readonly ParsedMail[]>;
  /** Refuses from now on; null: accepts again. */
  refuse(refusal: Refusal | null): void;
  /** How many messages it has heard to the end and not answered. */
  unanswered(): number;
  stop(): Promise<void>;
}

export async function startMailbox(options: MailboxOptions = {}): Promise<Mailbox> {
  const received: ParsedMail[] = [];
  const arrivals = new Set<() => void>();
  let refusal: Refusal | null = null;
  let unanswered = 0;
  const refused = (stage: Refusal, code: number): Error | null =>
    refusal === stage ? Object.assign(new Error(`refused: ${stage}`), { responseCode: code }) : null;

  const server = new SMTPServer({
    logger: false,
    closeTimeout: 100,
    authOptional: options.auth === undefined,
    disabledCommands: [
      ...(options.auth === undefined ? ['AUTH'] : []),
      ...(options.startTls === true ? [] : ['STARTTLS']),
    ],
    allowInsecureAuth: options.startTls !== true,
    onConnect: (_session, done) => done(refused('connection', 554)),
    onAuth: (login, _session, done) => {
      const right = login.username === options.auth?.user && login.password === options.auth?.password;
      done(right ? null : new Error('wrong user or password'), right ? { user: login.username } : undefined);
    },
    onRcptTo: (_address, _session, done) => done(refused('recipient', 550)),
    onData: (stream, _session, done) => {
      simpleParser(stream).then(
        (mail) => {
          const error = refused('message', 452);
          const silent = refusal === 'hang' || refusal === 'silence';
          if (error === null && refusal !== 'hang') received.push(mail);
          if (silent) unanswered++;
          else done(error);
          for (const arrived of arrivals) arrived();
        },
        (error: unknown) => done(error as Error),
      );
    },
  });
  // A client that hangs up in the middle is not this server's failure.
  server.on('error', () => {});
  const listening = once(server.server, 'listening');
  const port = options.port ?? (await freePort());
  server.listen(port, '127.0.0.1');
  await listening;

  return {
    host: '127.0.0.1',
    port,
    mails: () => received,
    waitForMail: (count = 1) =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          if (received.length < count) return;
          clearTimeout(timer);
          arrivals.delete(check);
          resolve(received.slice(0, count));
        };
        const timer = setTimeout(() => {
          arrivals.delete(check);
          const subjects = received.map((mail) => mail.subject).join('; ') || 'none';
          reject(
            new Error(
              `${count} mails expected within ${WAIT_SECONDS} s, ${received.length} came: ${subjects}`,
            ),
          );
        }, WAIT_SECONDS * 1000);
        arrivals.add(check);
        check();
      }),
    refuse: (next) => {
      refusal = next;
    },
    unanswered: () => unanswered,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
