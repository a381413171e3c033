/**
 * How a lane asks before it begins an upload, and says what it has begun. It goes on when whoever leads the run has it
 * in the journal; until then it asks again and again, as after a restart of the daemon.
 */
import type { JobEvents } from '../lane-ports.ts';
import { fromPlain, type PlainError } from '../plain-error.ts';
import type { LedgerEntry, Report } from './messages.ts';

export interface HostLedger {
  eventsOf(job: string, progress: JobEvents['progress']): JobEvents;
  answered(call: number, error: PlainError | null): void;
}

export interface HostLedgerPorts {
  say(report: Report): void;
  /** Whether what is said waits for Redis: then once is enough. */
  isAway(): boolean;
  abortUpload(upload: { readonly key: string; readonly uploadId: string }): Promise<void>;
  /** The lane is closed: nobody answers any more. */
  readonly closing: AbortSignal;
}

const AGAIN_MS = 3000;

export function ledgerOf({ say, isAway, abortUpload, closing }: HostLedgerPorts): HostLedger {
  let calls = 0;
  const open = new Map<number, (error: PlainError | null) => void>();

  const ask = async (job: string, entry: LedgerEntry): Promise<void> => {
    closing.throwIfAborted();
    const call = ++calls;
    const { promise, resolve, reject } = Promise.withResolvers<PlainError | null>();
    open.set(call, resolve);
    const onClose = (): void => reject(closing.reason);
    closing.addEventListener('abort', onClose);
    const question = { type: 'ledger', call, job, entry } as const;
    say(question);
    const again = setInterval(() => {
      if (!isAway()) say(question);
    }, AGAIN_MS);
    try {
      const error = await promise;
      if (error !== null) throw fromPlain(error);
    } finally {
      clearInterval(again);
      closing.removeEventListener('abort', onClose);
      open.delete(call);
    }
  };

  return {
    eventsOf: (job, progress) => ({
      beginning: (key) => ask(job, { key }),
      async begun(key, outcome) {
        try {
          await ask(job, { key, outcome });
        } catch (error) {
          // The run does not know of it, and will not end it.
          if (typeof outcome === 'object') await abortUpload({ key, ...outcome }).catch(() => {});
          throw error;
        }
      },
      progress,
      said: (message) => say({ type: 'said', job, message }),
      waits: (reason) => say({ type: 'waits', job, reason }),
    }),
    answered: (call, error) => open.get(call)?.(error),
  };
}
