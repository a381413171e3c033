/** A source of two small tables, and all else that a run works with, for the tests of runs. */
import type { Horizon, Snapshot, Source } from '../../../src/ports.ts';
import type { Transforms } from '../../../src/transform-ports.ts';
import { formatClock } from '../../../src/plan/clock.ts';
import type { RunPorts } from '../../../src/run.ts';
import { NO_MEMORY } from '../../support/runs.ts';
import { rowPacket } from '../extract/packets.ts';
import { EMPLOYEES, SERVER, column } from '../plan/sample.ts';
import type { FakeBucket } from './bucket.ts';

export const JOBS = {
  ...EMPLOYEES,
  name: 'jobs',
  columns: [column('job_id', 'varchar(10)', { nullable: false }), column('title', 'varchar(35)')],
  primaryKey: ['job_id'],
};
const EMPLOYEE_ROWS = [
  ['100', 'King', '24000.5', '2003-06-17', '2026-01-01 00:00:00.000'],
  ['101', 'Kochhar, N.', null, '0000-00-00', null],
];
const JOB_ROWS = [
  ['AD_PRES', 'President'],
  ['AD_VP', ''],
];

/** What may go wrong in the source, by the name of the call. */
export type SourceCall =
  'open' | 'tableFacts' | 'explain' | 'wallClock' | 'scalar' | 'describeQuery' | 'rows' | 'end of rows';

export interface FakeSource {
  readonly source: Source;
  readonly calls: string[];
  closed: number;
}

/**
 * @param onCall may throw: the call then fails.
 * @param empty without a row in any table.
 * @param horizon what it says where it is asked for it.
 */
export function fakeSource(
  onCall: (call: SourceCall) => void = () => {},
  empty = false,
  horizon: Horizon | null = null,
): FakeSource {
  const calls: string[] = [];
  const call = async <T>(name: SourceCall, detail: string, answer: () => T): Promise<T> => {
    calls.push(`${name} ${detail}`.trim());
    onCall(name);
    return answer();
  };
  const snapshot: Snapshot = {
    server: SERVER,
    horizon,
    tableFacts: (table) => call('tableFacts', table, () => (table === 'jobs' ? JOBS : EMPLOYEES)),
    describeQuery: () =>
      call('describeQuery', '', () => [{ name: 'n', mysqlType: 'bigint', nullable: true, kind: 'number' }]),
    explain: () => call('explain', '', () => ({ rows: 2, warnings: [] })),
    unkept: async () => [],
    wallClock: (instant) => call('wallClock', '', () => `${formatClock(instant, 'date')} 00:00:00.000000`),
    keys: {
      indexes: async () => [],
      estimates: async () => [],
      texts: async () => [],
      sortedTexts: async () => [],
    },
    scalar: (sql) => call('scalar', sql, () => '101'),
    rows(sql, _columns, onRow, signal) {
      const isJobs = sql.includes('FROM `jobs`');
      const rows = empty ? [] : isJobs ? JOB_ROWS : EMPLOYEE_ROWS;
      const aborted = new Promise<never>((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error));
      });
      const read = call('rows', isJobs ? 'jobs' : 'employees', () => {}).then(() => {
        for (const row of rows) {
          const packet = rowPacket(row.map((value) => (value === null ? null : Buffer.from(value))));
          onRow(packet, 0, packet.length);
        }
        return call('end of rows', '', () => {});
      });
      return { pause: () => {}, resume: () => {}, done: Promise.race([read, aborted]) };
    },
    load: () => Promise.reject(new Error('not asked for in this test')),
    close: async () => void fake.closed++,
  };
  const fake: FakeSource = {
    source: {
      load: snapshot.load,
      connect: () => Promise.reject(new Error('not asked for in this test')),
      referee() {
        throw new Error('not asked for in this test');
      },
      open: (signal, needs) =>
        call('open', '', () => {
          signal.throwIfAborted();
          return { ...snapshot, horizon: needs?.horizon === true ? horizon : null };
        }),
    },
    calls,
    closed: 0,
  };
  return fake;
}

/** For runs whose rows go through no module. */
export const NO_TRANSFORMS: Transforms = {
  inspect: () => Promise.reject(new Error('no module is asked for in this test')),
  open() {
    throw new Error('no module is asked for in this test');
  },
};

export function portsOf({ source }: FakeSource, { sink, journal }: FakeBucket): RunPorts {
  return {
    source,
    sink,
    journal,
    observer: { planned: () => {}, progress: () => {} },
    transforms: NO_TRANSFORMS,
    settings: { batchThresholdMb: 1, prefix: '' },
    memory: NO_MEMORY,
  };
}
