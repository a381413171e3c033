/** What passes between the main thread and one that holds lanes: calls and answers, in both directions. */
import { createBirpc, type BirpcReturn } from 'birpc';
import type { BatchJob, BatchResult, Begun, LaneSetup, SnapshotMark } from '../lane-ports.ts';
import { fromPlain, toPlain, type PlainError } from '../plain-error.ts';

/** What a thread can be asked for. A lane is named by a number; it does one thing at a time. */
export interface ThreadSide<Work> {
  /** @param work of what the lane is made in its thread. */
  open(lane: number, setup: LaneSetup, work: Work): Promise<void>;
  begin(lane: number): Promise<SnapshotMark>;
  run(lane: number, job: BatchJob): Promise<BatchResult>;
  scalar(lane: number, sql: string): Promise<string | null>;
  close(lane: number): Promise<void>;
  /** Ends what the lane is doing; that then fails with this reason. */
  abort(lane: number, reason: PlainError): void;
}

/** What a thread asks of the main one, and tells it. */
export interface MainSide {
  beginning(lane: number, key: string): Promise<void>;
  begun(lane: number, key: string, outcome: Begun): Promise<void>;
  progress(lane: number, progress: { rows: number; bytes: number; files: number }): void;
  said(lane: number, message: string): void;
  waits(lane: number, reason: string | null): void;
  /** See MysqlSourceOptions. */
  connection(source: string, change: 1 | -1): void;
  partSent(sink: string, bytes: number): void;
  /** Asks for the one connection of a source that is kept for questions; its number gives it back. */
  takeAside(source: string): Promise<number>;
  giveAside(place: number): void;
}

/** A thread as the main one sees it, or the other way round. */
interface Port {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (message: unknown) => void): unknown;
  off(event: 'message', listener: (message: unknown) => void): unknown;
}

/** The other side of a port, as functions; what they throw there is thrown here. */
export function callsOver<Remote extends object, Local extends object>(
  port: Port,
  local: Local,
): BirpcReturn<Remote, Local> {
  return createBirpc<Remote, Local>(local, {
    post: (message) => port.postMessage(message),
    on: (listener) => void port.on('message', listener),
    off: (listener) => void port.off('message', listener),
    // A query may take hours; the death of a thread is noticed otherwise.
    timeout: -1,
    // An error that is copied as it is loses its class and its code.
    serialize: (message: Message) => ('e' in message ? { ...message, e: toPlain(message.e) } : message),
    deserialize: (message: Message) =>
      message.e === undefined ? message : { ...message, e: fromPlain(message.e as PlainError) },
  });
}

/** As far as errors are concerned; see birpc. */
interface Message {
  readonly e?: unknown;
}
