/** A lane that is somewhere else, as the crew sees it: questions that are asked until they are answered. */
import { TidemarkError } from '../errors.ts';
import type { SnapshotMark } from '../lane-ports.ts';
import { fromPlain } from '../plain-error.ts';
import type { Answer, Order, Question } from './messages.ts';

export interface FarLane {
  readonly id: string;
  begin(signal: AbortSignal): Promise<SnapshotMark>;
  scalar(sql: string, signal: AbortSignal): Promise<string | null>;
  /** An answer has come. One that nobody waits for any more is dropped. */
  answered(call: number, answer: Answer): void;
  /** The lane is no more: who waits for an answer, and who asks later, is told so. */
  end(error: TidemarkError): void;
}

/** What Redis forgot when it was killed has to be said again. */
const AGAIN_MS = 3000;

/**
 * @param firstCall no number below it has been used: whoever led the crew before has used some.
 * @param tell posts an order; does nothing while the queue is away.
 */
export function farLane(id: string, firstCall: number, tell: (order: Order) => void): FarLane {
  let calls = firstCall;
  let ended: TidemarkError | null = null;
  const open = new Map<
    number,
    { readonly resolve: (answer: Answer) => void; readonly reject: (reason: unknown) => void }
  >();

  const ask = async (question: Question, signal: AbortSignal): Promise<Answer> => {
    signal.throwIfAborted();
    if (ended !== null) throw ended;
    const call = calls++;
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    open.set(call, { resolve, reject });
    const onAbort = (): void => reject(signal.reason);
    signal.addEventListener('abort', onAbort);
    const say = (): void => tell({ type: 'ask', call, question });
    say();
    const again = setInterval(say, AGAIN_MS);
    try {
      const answer = await promise;
      if ('error' in answer) throw fromPlain(answer.error);
      return answer;
    } finally {
      clearInterval(again);
      signal.removeEventListener('abort', onAbort);
      open.delete(call);
    }
  };

  return {
    id,
    async begin(signal) {
      const answer = await ask({ method: 'begin' }, signal);
      if ('mark' in answer) return answer.mark;
      throw unfit(id);
    },
    async scalar(sql, signal) {
      const answer = await ask({ method: 'scalar', sql }, signal);
      if ('value' in answer) return answer.value;
      throw unfit(id);
    },
    answered: (call, answer) => open.get(call)?.resolve(answer),
    end(error) {
      ended ??= error;
      for (const { reject } of open.values()) reject(ended);
    },
  };
}

function unfit(id: string): TidemarkError {
  return new TidemarkError('INTERNAL', `Lane ${id} gave an answer to another question.`);
}
