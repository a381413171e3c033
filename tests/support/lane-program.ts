/** A thread whose lanes do to it what the name of their job says. */
import { parentPort } from 'node:worker_threads';
import { serveLanes } from '../../src/lanes/serve.ts';
import { TidemarkError } from '../../src/errors.ts';
import type { BatchJob, BatchResult, JobEvents, Lane } from '../../src/lane-ports.ts';

const RESULT = {
  objects: [],
  rows: 1,
  rowsRead: 1,
  bytes: 2,
  zeroDates: {},
  invalidTexts: {},
  brokenJson: {},
};

const kept: unknown[] = [];

const DEEDS: Readonly<Record<string, (events: JobEvents, signal: AbortSignal) => Promise<void>>> = {
  done: async (events) => {
    await events.beginning('a.csv');
    await events.begun('a.csv', { uploadId: 'u' });
    events.said('hello');
    events.progress({ rows: 1, bytes: 2, files: 1 });
  },
  fail: () => Promise.reject(new TidemarkError('TABLE_UNKNOWN', 'no such table', { sql: 'SELECT 1' })),
  exit: () => process.exit(3),
  uncaught: () =>
    new Promise(() => {
      setImmediate(() => {
        throw new Error('out of the blue');
      });
    }),
  'out of memory': async () => {
    for (;;) kept.push(Array.from({ length: 100_000 }, (_, index) => ({ index })));
  },
  hang: async () => {
    for (;;);
  },
  'wait for the end': (_events, signal) =>
    new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error));
    }),
};

serveLanes(parentPort!, (setup, _work, _main, signal) => {
  signal.throwIfAborted();
  if (setup.task === 'cannot be opened')
    return Promise.reject(new TidemarkError('SERVER_UNREACHABLE', 'nobody there'));
  const lane: Lane = {
    begin: () => Promise.resolve({ server: 's', commits: '1', position: 'log.1:1' }),
    async run({ id }: BatchJob, events, jobSignal): Promise<BatchResult> {
      await DEEDS[id]!(events, jobSignal);
      return { ...RESULT, notes: [id] };
    },
    scalar: (sql) => Promise.resolve(sql),
    loss: () => null,
    close: () => (setup.task === 'cannot be closed' ? new Promise(() => {}) : Promise.resolve()),
  };
  return Promise.resolve(lane);
});
