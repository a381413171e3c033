/** Workers that may not read for a run say why, to their log and to the run; nobody else takes what they refuse. */
import type { CrewRequest } from '../../src/lane-ports.ts';
import { connectQueue, type QueueConfig } from '../../src/queue/connection.ts';
import { queueCrews } from '../../src/queue/crews.ts';
import { startWorker } from '../../src/queue/worker.ts';
import { RUN_SETUP } from '../support/lane-setup.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

const NEVER = new AbortController().signal;
const UNUSED = (): never => {
  throw new Error('nobody should ask for it');
};

const REQUEST: CrewRequest = {
  setup: RUN_SETUP,
  lanes: 2,
  consistency: 'best',
  tables: ['a'],
  output: { format: 'csv' },
  server: '',
  onWait: () => {},
};

it.each([
  [
    'of another release',
    '9.9.9',
    null,
    /It is of release 9\.9\.9, queue format \d+, and the run of release 0\.1\.0.*Run the same release everywhere/,
  ],
  ['with another bucket', '0.1.0', 'Its sink "s3" is s3://b/.', /Its sink "s3" is s3:\/\/b\//],
])(
  'a worker %s',
  async (what, program, objection, words) => {
    const config: QueueConfig = {
      type: 'bullmq',
      url: redis.url,
      tls_ca: null,
      prefix: `refusal-${program}-${what.length}`,
      lost_after_ms: 5000,
      worker_wait_ms: 1500,
      concurrency: 4,
    };
    const said: string[] = [];
    const say = (message: string, { why = '' }: { readonly why?: string } = {}): void =>
      void said.push(`${message} ${why}`);
    const log = { debug: say, info: say, warn: say, error: say };
    const redact = (text: string): string => text;
    const connections = ['worker', 'leader'].map((role) => connectQueue(config, role));
    const worker = startWorker({
      connection: connections[0]!,
      config,
      worker: 'somewhere:1',
      program,
      concurrency: 4,
      slots: 4,
      slotsFor: UNUSED,
      objection: () => objection,
      open: UNUSED,
      abortUpload: UNUSED,
      redact,
      log,
    });
    const crews = queueCrews(
      {
        connection: connections[1]!,
        config,
        program: '0.1.0',
        source: UNUSED,
        place: () => 's3://a/',
        hmacProof: UNUSED,
        detach: NEVER,
        redact,
        log,
      },
      false,
    );
    await expect(crews.assemble(REQUEST, NEVER)).rejects.toMatchObject({
      code: 'NO_WORKERS',
      message: expect.stringMatching(words),
    });
    expect(said.some((line) => line.startsWith('a lane is refused') && words.test(line))).toBe(true);
    expect(worker.lanes()).toEqual([]);
    await worker.stop(0, NEVER);
    for (const connection of connections) connection.close();
  },
  60_000,
);
