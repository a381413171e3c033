/** How much of a server an export may have: what is allowed, in specs and in sources. */
import { paceLimits, taskBlackoutEnd } from '../../../src/commands/load-limits.ts';
import { faultsOf as configFaults, load, MINIMAL } from '../config/files.ts';
import { messages, spec } from './documents.ts';

const parsed = (fields: Readonly<Record<string, unknown>>) => {
  const { maxLoad, rateLimitMbPerS } = spec(fields);
  return { maxLoad, rateLimitMbPerS };
};

it.each([
  [{}, null, null],
  [{ max_load: null, rate_limit_mb_per_s: null }, null, null],
  [{ max_load: {} }, { threadsRunning: null, replicaLagMs: null }, null],
  [{ max_load: { threads_running: 50 } }, { threadsRunning: 50, replicaLagMs: null }, null],
  [{ max_load: { replica_lag: '2 minutes' } }, { threadsRunning: null, replicaLagMs: 120_000 }, null],
  [{ rate_limit_mb_per_s: 0.5 }, null, 0.5],
  [{ rate_limit_mb_per_s: 0 }, null, 0],
])('takes %j', (fields, maxLoad, rateLimitMbPerS) => {
  expect(parsed(fields)).toEqual({ maxLoad, rateLimitMbPerS });
});

const FAULTS: readonly (readonly [Readonly<Record<string, unknown>>, string])[] = [
  [{ max_load: 50 }, 'Allowed: an object such as {"threads_running": 50, "replica_lag": "30s"}'],
  [{ max_load: { threads_running: 0 } }, 'Allowed: a whole number from 1 to 1000000'],
  [{ max_load: { threads_runing: 5 } }, 'Did you mean "threads_running"?'],
  [{ max_load: { replica_lag: 30 } }, 'Allowed: a span of time such as "30s"'],
  [{ max_load: { replica_lag: '30 secs ago' } }, 'found "30 secs ago".'],
  [{ max_load: { replica_lag: '1 month' } }, 'months and years have no fixed length'],
  [{ rate_limit_mb_per_s: -1 }, 'Allowed: a number from 0 (no limit) to 100000'],
  [{ rate_limit_mb_per_s: 0.05 }, 'found 0.05. Allowed: a number from 0 (no limit) to 100000; at least 0.1'],
  [{ blackout: '08:00-10:00' }, 'Allowed: a list of times of the day such as ["08:00-10:00", "22:00-02:00"]'],
  [{ blackout: ['8-10'] }, 'blackout[0]: found "8-10". Allowed: a time of the day from 00:00 to 24:00'],
  [{ blackout: ['08:00-10:00', '25:00-26:00'] }, 'blackout[1]: found "25:00-26:00".'],
  [{ blackout: ['08:60-10:00'] }, 'found "08:60-10:00".'],
  [{ blackout: ['24:00-10:00'] }, 'found "24:00-10:00".'],
  [{ blackout: ['08:00-24:01'] }, 'found "08:00-24:01".'],
  [{ blackout: ['08:00-08:00'] }, 'which begins where it ends'],
  [{ blackout: ['00:00-12:00', '11:00-24:00'] }, 'blackout: found windows that cover the whole day'],
  [{ blackout: ['10:00-09:00', '08:00-11:00'] }, 'cover the whole day'],
  [{ rate_limit_mb_per_s: '5' }, 'Allowed: a number from 0 (no limit) to 100000'],
];

it.each(FAULTS)('says of %j in a spec: %s', (fields, message) => {
  expect(messages(fields).join('\n')).toContain(message);
});

it.each(FAULTS)('says of %j in a source: %s', (fields, message) => {
  const sources = { mysql: { ...MINIMAL.sources.mysql, ...fields } };
  expect(configFaults({ ...MINIMAL, sources }).join('\n')).toContain(message);
});

it.each([
  ['08:00-10:00', 480, 600],
  [' 8:00 - 10:00 ', 480, 600],
  ['22:00-02:00', 1320, 120],
  ['22:00-00:00', 1320, 1440],
  ['22:00-24:00', 1320, 1440],
  ['00:00-23:59', 0, 1439],
])('takes the blackout %j', (text, from, to) => {
  expect(spec({ blackout: [text] }).blackout).toEqual([{ from, to }]);
});

it('takes from the source what the spec leaves out, and nothing where the spec says so', () => {
  const sources = {
    mysql: { ...MINIMAL.sources.mysql, max_load: { replica_lag: '30s' }, rate_limit_mb_per_s: 2 },
  };
  const source = load({ ...MINIMAL, sources }).sources['mysql']!;
  const limits = (fields: Readonly<Record<string, unknown>>) => paceLimits(source, spec(fields));
  expect(limits({})).toEqual({
    maxLoad: { threadsRunning: null, replicaLagMs: 30_000 },
    bytesPerSecond: 2_000_000,
  });
  expect(limits({ max_load: { threads_running: 5 }, rate_limit_mb_per_s: 1 })).toEqual({
    maxLoad: { threadsRunning: 5, replicaLagMs: null },
    bytesPerSecond: 1_000_000,
  });
  expect(limits({ max_load: {}, rate_limit_mb_per_s: 0 })).toMatchObject({
    maxLoad: { threadsRunning: null, replicaLagMs: null },
    bytesPerSecond: null,
  });
});

it('is in the blackout of the task in the zone of the task, and of the source in that of the config', () => {
  const sources = { mysql: { ...MINIMAL.sources.mysql, blackout: ['08:00-10:00'] } };
  const config = load({ ...MINIMAL, timezone: 'America/New_York', sources });
  const end = (fields: Readonly<Record<string, unknown>>, at: string) =>
    taskBlackoutEnd(config, spec({ timezone: 'Europe/Berlin', ...fields }), new Date(at))?.toISOString() ??
    null;
  expect(end({}, '2026-07-01T07:00:00Z')).toBeNull();
  expect(end({}, '2026-07-01T12:30:00Z')).toBe('2026-07-01T14:00:00.000Z');
  expect(end({ blackout: ['08:00-10:00'] }, '2026-07-01T07:00:00Z')).toBe('2026-07-01T08:00:00.000Z');
  expect(end({ blackout: [] }, '2026-07-01T12:30:00Z')).toBeNull();
});

it('takes the settings of a source from the environment', () => {
  const env = {
    TIDEMARK_SOURCES__MYSQL__MAX_LOAD__THREADS_RUNNING: '50',
    TIDEMARK_SOURCES__MYSQL__MAX_CONNECTIONS: '4',
    TIDEMARK_SOURCES__MYSQL__BLACKOUT: '08:00-10:00, 22:00-02:00',
  };
  expect(load(MINIMAL, { env }).sources['mysql']).toMatchObject({
    max_load: { threadsRunning: 50, replicaLagMs: null },
    max_connections: 4,
    blackout: [
      { from: 480, to: 600 },
      { from: 1320, to: 120 },
    ],
  });
});
