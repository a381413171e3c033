/**
 * Takes mails from the outbox to the server: one after the other, and again later where that fails. Several processes
 * may have a sender on one outbox; the lock lets one of them send at a time, and is free as soon as its holder is dead.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Backoff, retryDelay } from '../backoff.ts';
import { asTidemarkError, type TidemarkError } from '../errors.ts';
import type { Log, Settled } from '../ports.ts';
import type { Channel, MailBook, OutboxEntry } from '../mail-ports.ts';
import { type Carriers, channelsOf, recipientOn } from './carrier.ts';
import type { WrittenMail } from './letter.ts';

export interface SenderSettings extends Backoff {
  /** How long a mail that the server refuses, for now or for good, is tried. */
  readonly giveUpAfterMs: number;
}

export interface SenderOptions {
  readonly carriers: Carriers;
  readonly outbox: Pick<MailBook, 'takeDue' | 'nextDue' | 'removeMail' | 'keepMail' | 'hurry'>;
  /** The right to send; null: another process has it. */
  readonly lock: () => { release(): void } | null;
  /** A mail is sent when it settles: see Journal. Left out: at once. */
  readonly settled?: Settled;
  readonly log: Log;
  readonly settings: SenderSettings;
  /** How long `stop` sends, 10 seconds by default, and how long of it it waits for another process that is sending. */
  readonly patience?: { readonly stopMs: number; readonly lockMs: number };
}

export interface Sender {
  /** Sends what there is, also what was put off, and then whatever comes. `before`: called before every look. */
  start(before: () => void): void;
  /** There may be something to send: a sender that was started looks at once, any other when it is stopped. */
  wake(): void;
  /** Sends what is due, for some seconds at most, and stops. */
  stop(): Promise<void>;
}

/** What another process has written is found after so long at the latest. */
const LOOK_MS = 30_000;
/** One mail, from the connection on. */
const SEND_MS = 120_000;
const PATIENCE = { stopMs: 10_000, lockMs: 3_000 };
/** A server that was never reached in so long is not going to be: by then nobody wants the mail. */
const KEEP_MS = 30 * 86_400_000;

export function createSender(options: SenderOptions): Sender {
  const { carriers, outbox, log, settings, patience = PATIENCE } = options;
  const channels = channelsOf(carriers);
  const cutOff = new AbortController();
  let loop: Promise<void> | null = null;
  let wanted = false;
  const ending = new AbortController();
  let interrupt = (): void => {};

  const after = (attempts: number): Date =>
    new Date(Date.now() + retryDelay(attempts, settings, Math.random()));

  /** @returns whether the server is worth another mail. */
  async function sendOne(entry: OutboxEntry): Promise<boolean> {
    const mail = JSON.parse(entry.message) as WrittenMail;
    const carrier = carriers[entry.channel]!;
    const to = recipientOn(entry.channel, mail);
    const about = { task: entry.task ?? undefined, to, subject: mail.subject };
    try {
      await carrier.send(mail, AbortSignal.any([cutOff.signal, AbortSignal.timeout(SEND_MS)]));
    } catch (thrown) {
      const error = asTidemarkError(thrown);
      const obstacle = carrier.obstacleOf(error);
      const age = Date.now() - entry.createdAt.getTime();
      if (age > (obstacle === 'server' ? KEEP_MS : settings.giveUpAfterMs)) {
        outbox.removeMail(entry.id, false, new Date());
        log.error('a mail is given up', {
          ...failure(error),
          ...about,
          attempts: entry.attempts,
          text: mail.text,
        });
      } else {
        const asked = Date.now() + carrier.pauseAfter(error);
        const until = new Date(Math.max(after(entry.attempts).getTime(), asked));
        outbox.keepMail(entry.id, obstacle, error.message, until);
        log.warn('a mail could not be sent yet', {
          ...failure(error),
          ...about,
          attempts: entry.attempts,
          next_attempt: until.toISOString(),
        });
      }
      return obstacle !== 'server';
    }
    outbox.removeMail(entry.id, true, new Date());
    log.info(`${entry.channel === 'mail' ? 'mail' : 'message'} sent`, about);
    return true;
  }

  async function sendDue(): Promise<void> {
    const open = new Set<Channel>(channels);
    while (open.size > 0 && !cutOff.signal.aborted) {
      const entry = outbox.takeDue(new Date(), after, [...open]);
      if (entry === null) return;
      await options.settled?.(cutOff.signal);
      // The others of its channel wait for the same server; those of another one do not.
      if (!(await sendOne(entry))) open.delete(entry.channel);
    }
  }

  /** One look. What fails here is the state's: the mails stay in it, and are looked for again. */
  async function look(waitForLock: number): Promise<void> {
    try {
      const next = outbox.nextDue(channels);
      if (next === null || next > new Date()) return;
      const lock = await takeLock(options.lock, waitForLock);
      if (lock === null) return;
      try {
        await sendDue();
      } finally {
        lock.release();
      }
    } catch (error) {
      log.error('the outbox cannot be used; its mails wait', { error: asTidemarkError(error) });
    }
  }

  async function run(before: () => void): Promise<void> {
    try {
      outbox.hurry(new Date());
    } catch (error) {
      log.error('the outbox cannot be used; its mails wait', { error: asTidemarkError(error) });
    }
    while (!ending.signal.aborted) {
      wanted = false;
      before();
      await look(0);
      if (!wanted && !ending.signal.aborted) await pause();
    }
  }

  /** Until the next mail is due, or there is a new one, or it is time to look what others have written. */
  function pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, untilNext(outbox, channels));
      interrupt = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  return {
    start: (before) => {
      loop = run(before);
    },
    wake: () => {
      wanted = true;
      interrupt();
    },
    stop: async () => {
      ending.abort();
      interrupt();
      const timer = setTimeout(() => cutOff.abort(), patience.stopMs);
      await loop;
      if (wanted) await look(patience.lockMs);
      clearTimeout(timer);
    },
  };
}

function failure({ code, message, hint }: TidemarkError): { code: string; cause: string; hint: string } {
  return { code, cause: message, hint };
}

function untilNext(outbox: Pick<MailBook, 'nextDue'>, channels: readonly Channel[]): number {
  try {
    const next = outbox.nextDue(channels);
    // Due already means that another process is sending.
    return next === null ? LOOK_MS : Math.min(LOOK_MS, Math.max(1_000, next.getTime() - Date.now()));
  } catch {
    // The next look meets the same error, and says so.
    return LOOK_MS;
  }
}

async function takeLock(lock: SenderOptions['lock'], waitMs: number): Promise<{ release(): void } | null> {
  for (const end = Date.now() + waitMs; ; await sleep(100)) {
    const taken = lock();
    if (taken !== null || Date.now() >= end) return taken;
  }
}
