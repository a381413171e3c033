/** Mails on their way. Nothing waits for them but the daemon's stop, and that not for ever. */
import { setTimeout } from 'node:timers/promises';
import type { Log } from '../ports.ts';

const STOP_WAITS_MS = 10_000;

export interface Outgoing {
  /** `subject`: what the mail is about, for the log where it cannot be sent. */
  add(subject: string, task: string | undefined, sent: Promise<void>): void;
  /** Settles when all are sent or have failed, at the latest after some seconds. */
  settle(): Promise<void>;
}

export function outgoing(log: Log): Outgoing {
  const pending = new Map<Promise<void>, { readonly subject: string; readonly task: string | undefined }>();
  return {
    add: (subject, task, sent) => {
      const ended: Promise<void> = sent
        .catch((error: unknown) => log.error(`mail about ${subject} was not sent`, { task, error }))
        .finally(() => pending.delete(ended));
      pending.set(ended, { subject, task });
    },
    settle: async () => {
      const giveUp = new AbortController();
      const late = setTimeout(STOP_WAITS_MS, undefined, { signal: giveUp.signal }).catch(() => undefined);
      await Promise.race([Promise.all(pending.keys()), late]);
      giveUp.abort();
      for (const { subject, task } of pending.values()) {
        log.error(`mail about ${subject} was not sent: Tidemark stops`, { task });
      }
    },
  };
}
