/** Sends mails through an SMTP server, one connection per mail, and says in words why one could not be sent. */
import { readFile } from 'node:fs/promises';
import type { Transporter } from 'nodemailer';
import { TidemarkError } from '../errors.ts';
import type { MailObstacle } from '../mail-ports.ts';
import type { Carrier } from './carrier.ts';

/** The config's `smtp`. */
export interface SmtpSettings {
  readonly host: string;
  readonly port: number;
  readonly user: string | null;
  readonly password: string | null;
  readonly from: string;
  readonly admin: string;
  /**
   * `tls`: encrypted from the first byte. `starttls`: encrypted before anything is said, or not at all.
   * `none`: never encrypted. `auto` (default): `tls` on port 465, else STARTTLS where the server offers it; with a
   * password, STARTTLS is insisted on, the loopback interface excepted.
   */
  readonly secure?: 'starttls' | 'tls' | 'none' | 'auto' | undefined;
  /** PEM file of the authority to trust in place of the system's. */
  readonly tls_ca?: string | null | undefined;
}

/** `send` rejects with MAIL_FAILED. */
export interface Mailer extends Carrier {
  /** Connects and logs in without sending anything; rejects with MAIL_FAILED. */
  verify(): Promise<void>;
  close(): void;
}

const CONNECT_MS = 15_000;
const SILENCE_MS = 30_000;
/** How long a server may take to hang up its side. */
const CLOSE_MS = 1_000;
const SMTPS_PORT = 465;

/** `redact` is applied to what the server says, which becomes part of the error. */
export function createMailer(smtp: SmtpSettings, redact: (text: string) => string): Mailer {
  let opened: Promise<Transporter> | null = null;
  // Loaded with the first mail: most runs send none, and loading it is a good part of their start.
  const transport = (): Promise<Transporter> =>
    (opened ??= openTransport(smtp).catch((error: unknown) => {
      // The next mail looks again: a file that is missing now may be there then.
      opened = null;
      throw error;
    }));

  return {
    send: async ({ to, subject, text, html, headers, messageId, date }, signal) => {
      const mail = {
        from: smtp.from,
        to: { name: to.name ?? '', address: to.address },
        subject,
        text,
        html,
        headers: { ...headers },
        messageId,
        date,
        signal,
      };
      try {
        await (await transport()).sendMail(mail);
      } catch (error) {
        throw mailFailed(error as SmtpFailure, smtp, to.address, redact);
      }
    },
    verify: async () => {
      try {
        await (await transport()).verify();
      } catch (error) {
        throw mailFailed(error as SmtpFailure, smtp, null, redact);
      }
    },
    obstacleOf,
    pauseAfter: () => 0,
    close: () => void opened?.then((transporter) => transporter.close()),
  };
}

async function openTransport(smtp: SmtpSettings): Promise<Transporter> {
  const { createTransport } = await import('nodemailer');
  const ca = smtp.tls_ca ? await readAuthority(smtp.tls_ca) : null;
  return createTransport({
    host: smtp.host,
    port: smtp.port,
    ...(smtp.user === null ? {} : { auth: { user: smtp.user, pass: smtp.password ?? '' } }),
    ...encryption(smtp, ca),
    connectionTimeout: CONNECT_MS,
    greetingTimeout: CONNECT_MS,
    socketTimeout: SILENCE_MS,
    socketCloseTimeout: CLOSE_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
}

/** @throws what `explain` takes for a failure of encryption. */
async function readAuthority(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw Object.assign(new Error(`the certificate file ${file} cannot be read: ${code}`), { code: 'ETLS' });
  }
}

function encryption(smtp: SmtpSettings, ca: string | null): object {
  const { secure = 'auto' } = smtp;
  const tls = ca === null ? {} : { tls: { ca } };
  if (secure === 'tls' || (secure === 'auto' && smtp.port === SMTPS_PORT)) return { secure: true, ...tls };
  if (secure === 'starttls') return { secure: false, requireTLS: true, ...tls };
  if (secure === 'none') return { secure: false, ignoreTLS: true };
  // A mail server on the same machine comes with a certificate that nobody vouches for, and nobody listens in.
  if (ca === null && isLoopback(smtp.host)) return { secure: false, tls: { rejectUnauthorized: false } };
  return { secure: false, requireTLS: smtp.user !== null, ...tls };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

/** What kept a mail that `send` rejected. */
export function obstacleOf({ cause }: TidemarkError): MailObstacle {
  const { code, responseCode = 0, command = '' } = (cause ?? {}) as SmtpFailure;
  const ofThisMail = code === 'EMESSAGE' || (code === 'EENVELOPE' && !command.startsWith('MAIL'));
  // 421: the server as a whole closes down or is overloaded, whatever it was asked.
  if (!ofThisMail || responseCode === 421) return 'server';
  return responseCode >= 400 && responseCode < 500 ? 'deferred' : 'refused';
}

/** What nodemailer's errors carry beside the message. */
interface SmtpFailure {
  readonly message?: string;
  readonly code?: string;
  readonly responseCode?: number;
  readonly response?: string;
  readonly command?: string;
}

function mailFailed(
  failure: SmtpFailure,
  smtp: SmtpSettings,
  recipient: string | null,
  redact: (text: string) => string,
): TidemarkError {
  const server = `${smtp.host}:${smtp.port}`;
  const { what, hint, retryable } = explain(failure, smtp, recipient ?? 'the recipient');
  const subject = recipient === null ? 'Mails cannot be sent' : `The mail to ${recipient} was not sent`;
  const said = failure.response ?? failure.message ?? 'no reason given';
  return new TidemarkError('MAIL_FAILED', redact(`${subject}: ${what(server)} (${said})`), {
    hint,
    retryable,
    cause: failure,
  });
}

interface Explanation {
  readonly what: (server: string) => string;
  readonly hint: string;
  readonly retryable: boolean;
}

function explain(failure: SmtpFailure, smtp: SmtpSettings, recipient: string): Explanation {
  const { code, responseCode = 0, command = '', message = '' } = failure;
  const temporary = responseCode >= 400 && responseCode < 500;
  if (code === 'EAUTH' || code === 'ENOAUTH' || responseCode === 530 || responseCode === 535) {
    return {
      what: (server) => `${server} refused the login`,
      hint: 'Check `user` and `password` of `smtp` in the config.',
      retryable: temporary,
    };
  }
  if (code === 'ETLS' || /certificate|self[- ]signed|\bssl\b|\btls\b|STARTTLS/i.test(message)) {
    return {
      what: (server) => `no secure connection to ${server}`,
      hint: 'Check `smtp.secure` and the port: "tls" belongs to 465, "starttls" to 587. For a private authority, name the file of its certificate in `smtp.tls_ca`. "none" does without encryption.',
      retryable: false,
    };
  }
  if (code === 'EENVELOPE' && command.toUpperCase().startsWith('RCPT')) {
    return {
      what: (server) => `${server} refused the recipient`,
      hint: `Check that ${recipient} exists, and that the server lets ${smtp.from} send to it.`,
      retryable: temporary,
    };
  }
  if (code === 'EENVELOPE') {
    return {
      what: (server) => `${server} refused the sender ${smtp.from} or the recipient`,
      hint: 'Check `smtp.from` in the config and the address of the recipient.',
      retryable: temporary,
    };
  }
  if (responseCode >= 400) {
    return {
      what: (server) => `${server} refused the mail`,
      hint: temporary
        ? 'The server says that this passes; if it recurs, ask whoever runs it.'
        : 'The server’s answer says why; ask whoever runs it.',
      retryable: temporary,
    };
  }
  return {
    what: (server) => `${server} cannot be reached or does not answer`,
    hint: 'Check `host` and `port` of `smtp` in the config, and that the server is up and reachable from this machine.',
    retryable: true,
  };
}
