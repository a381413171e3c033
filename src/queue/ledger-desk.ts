/**
 * Answers lanes that are about to begin an upload, or have begun one: what they say goes into the run's journal first.
 * Each question is dealt with once, however often it comes.
 */
import { TidemarkError } from '../errors.ts';
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

/** @param eventsOf a job, for as long as it is in one lane's hands. */
export function openDesk(
  room: CrewRoom,
  eventsOf: (job: string) => JobEvents,
  answered: ReadonlySet<string>,
): Desk {
  const outcomes = new Map<string, Promise<PlainError | null>>();
  let isClosed = false;

  const act = async (lane: string, { job, entry }: Question): Promise<PlainError | null> => {
    try {
      if (isClosed) throw new TidemarkError('LANE_LOST', 'The run has ended.');
      // Whoever was given up may still be at it: the batch is, or will be, somebody else's.
      if (!room.present().some((member) => member.lane.id === lane))
        throw new TidemarkError('LANE_LOST', 'The lane was given up, because nothing was heard of it.');
      const events = eventsOf(job);
      await ('outcome' in entry ? events.begun(entry.key, entry.outcome) : events.beginning(entry.key));
      return null;
    } catch (error) {
      return toPlain(error, room.redact);
    }
  };

  return {
    enter(lane, question) {
      const name = questionName(lane, question.call);
      if (answered.has(name)) return;
      const outcome = outcomes.get(name) ?? act(lane, question);
      outcomes.set(name, outcome);
      void outcome
        .then((error) => room.tell(lane, { type: 'answer', call: question.call, error }))
        .catch(() => {}); // Asked again, it is answered again.
    },
    close: () => void (isClosed = true),
  };
}
