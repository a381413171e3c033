/**
 * Answers lanes that are about to begin an upload, or have begun one: what they say goes into the run's journal first.
 * Each question is dealt with once, however often it comes.
 */
import type { ErrorCode } from '../error-codes.ts';
import { asTidemarkError, TidemarkError } from '../errors.ts';
import type { JobEvents } from '../lane-ports.ts';
import { toPlain, type PlainError } from '../plain-error.ts';
import type { CrewRoom } from './crew-room.ts';
import type { Report } from './messages.ts';

type Question = Extract<Report, { readonly type: 'ledger' }>;

export interface Desk {
  enter(lane: string, question: Question): void;
  /** From here on, nothing is allowed any more. */
  close(): void;
}

/** The name of a question, as the answers of an earlier leader are found by. */
export function questionName(lane: string, call: number): string {
  return `${lane}/${call}`;
}

export interface DeskOptions {
  /** Of a job, for as long as it is in one lane's hands. */
  eventsOf(job: string): JobEvents;
  /** Whether a lane may still speak for a job. Rejects where Redis cannot say. */
  holds(lane: string, job: string): Promise<boolean>;
  /** See `FlowJobs`. */
  readonly answered: ReadonlySet<string>;
  readonly detach: AbortSignal;
}

/** What ends whoever leads, and not the lane's batch: the next who leads answers. */
const NO_ANSWER: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'LEADERSHIP_LOST',
  'NOT_LEADER',
  'INTERRUPTED',
]);

export function openDesk(room: CrewRoom, { eventsOf, holds, answered, detach }: DeskOptions): Desk {
  const outcomes = new Map<string, Promise<PlainError | null>>();
  let isClosed = false;

  /** Rejects where it is not for this leader to answer. */
  const act = async (lane: string, { job, entry }: Question): Promise<PlainError | null> => {
    const isHeld = await holds(lane, job);
    detach.throwIfAborted();
    try {
      if (isClosed) throw new TidemarkError('LANE_LOST', 'The run has ended.');
      // Whoever was given up, or whose hold Redis has forgotten, may still be at it.
      if (!isHeld) throw new TidemarkError('LANE_LOST', "The batch is, or will be, another lane's.");
      const events = eventsOf(job);
      await ('outcome' in entry ? events.begun(entry.key, entry.outcome) : events.beginning(entry.key));
      detach.throwIfAborted();
      return null;
    } catch (error) {
      if (detach.aborted || NO_ANSWER.has(asTidemarkError(error).code)) throw error;
      return toPlain(error, room.redact);
    }
  };

  return {
    enter(lane, question) {
      const name = questionName(lane, question.call);
      if (answered.has(name)) return;
      const outcome = outcomes.get(name) ?? act(lane, question);
      outcomes.set(name, outcome);
      outcome.catch(() => outcomes.delete(name));
      void outcome
        .then((error) => room.tell(lane, { type: 'answer', call: question.call, error }))
        .catch(() => {}); // Asked again, it is answered again.
    },
    close: () => void (isClosed = true),
  };
}
