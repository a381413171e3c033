/** A snapshot whose rows a test pushes by hand, and which tells when the source was made to wait. */
import type { Snapshot } from '../../../src/ports.ts';
import { rowPacket } from './packets.ts';

export interface RowSource {
  readonly snapshot: Snapshot;
  /** One row of texts; null is NULL. */
  push(...values: (string | null)[]): void;
  /** One row of bytes. */
  pushBytes(...values: (Buffer | null)[]): void;
  end(): void;
  fail(error: Error): void;
  isPaused(): boolean;
  /** What the reading was ended with; undefined while it goes on. */
  endedBy(): unknown;
}

const unasked = (): never => {
  throw new Error('not asked for in this test');
};

export function rowSource(): RowSource {
  const done = Promise.withResolvers<void>();
  let onRow: Parameters<Snapshot['rows']>[2] = unasked;
  let signal: AbortSignal | null = null;
  let paused = false;
  const pushBytes = (...values: (Buffer | null)[]): void => {
    const packet = rowPacket(values);
    try {
      onRow(packet, 0, packet.length);
    } catch (error) {
      // As a real stream: what the handler throws is how it ends.
      done.reject(error);
    }
  };
  return {
    snapshot: {
      server: { host: 'h', port: 1, database: 'd', version: '8', flavor: 'mysql' },
      horizon: null,
      tableFacts: unasked,
      describeQuery: unasked,
      explain: unasked,
      unkept: unasked,
      wallClock: unasked,
      keys: { indexes: unasked, estimates: unasked, texts: unasked, sortedTexts: unasked },
      scalar: unasked,
      load: unasked,
      close: unasked,
      rows(_sql, _expected, handler, ended) {
        onRow = handler;
        signal = ended;
        ended.addEventListener('abort', () => done.reject(ended.reason));
        return { pause: () => void (paused = true), resume: () => void (paused = false), done: done.promise };
      },
    },
    push: (...values) => pushBytes(...values.map((value) => (value === null ? null : Buffer.from(value)))),
    pushBytes,
    end: () => done.resolve(),
    fail: (error) => done.reject(error),
    isPaused: () => paused,
    endedBy: () => signal?.reason as unknown,
  };
}
