/** How lanes agree on a snapshot, with lanes and a referee that do as they are told. */
import { agree, AGREE_DEFAULTS, type AgreeOptions } from '../../../src/crew/agree.ts';
import type { WantedConsistency } from '../../../src/domain/spec.ts';
import { TidemarkError } from '../../../src/errors.ts';
import type { LogReading, Referee, SnapshotMark } from '../../../src/lane-ports.ts';

const SETTLED: LogReading = { server: 'db', position: 'u:1-9', settled: true, obstacle: null };
const OBSTACLE = { why: 'the server writes no binary log', remedy: 'Start it with log_bin.' };

interface Script {
  /** Of each lane, `position/commits` of its snapshots, one after the other; the last is repeated. */
  readonly marks?: readonly (readonly (string | null)[])[];
  /** One after the other; the last is repeated. */
  readonly readings?: readonly Partial<LogReading>[];
  readonly lanes?: number;
  readonly options?: Partial<AgreeOptions>;
  readonly servers?: readonly string[];
  /** What taking, or giving back, the lock throws; one after the other. */
  readonly lock?: readonly (Error | null)[];
  readonly release?: readonly (Error | null)[];
  /** Called at every step, before it is done. */
  readonly onStep?: (step: string) => void | Promise<void>;
}

function setUp(script: Script) {
  const { marks = [], readings = [{}], servers = [] } = script;
  const steps: string[] = [];
  const state = { locked: 0, unlocked: 0, held: 0, begun: 0, now: 0 };
  const next = <T>(list: readonly T[], index: number): T | undefined =>
    list[Math.min(index, list.length - 1)];
  const step = async (name: string): Promise<void> => {
    steps.push(name);
    await script.onStep?.(name);
  };
  const lanes = Array.from({ length: script.lanes ?? 2 }, (_, lane) => {
    let tries = 0;
    return {
      async begin(signal: AbortSignal): Promise<SnapshotMark> {
        await step(`begin ${lane}`);
        signal.throwIfAborted();
        state.begun++;
        const [position = null, commits = null] = next(marks[lane] ?? [], tries++)?.split('/') ?? [];
        return { server: servers[lane] ?? 'db', commits, position };
      },
    };
  });
  let looks = 0;
  const referee: Referee = {
    async reading(signal) {
      await step('reading');
      signal.throwIfAborted();
      return { ...SETTLED, ...next(readings, looks++) };
    },
    async lock(signal) {
      const index = state.locked++;
      await step('lock');
      const failure = script.lock?.[index];
      if (failure) throw failure;
      signal.throwIfAborted();
      state.held++;
      let released: Promise<void> | null = null;
      const release = async (): Promise<void> => {
        await step('unlock');
        state.unlocked++;
        state.held--;
        const refused = script.release?.[index];
        if (refused) throw refused;
      };
      return {
        server: 'db',
        how: 'of a were kept out by LOCK TABLES … READ',
        release: () => (released ??= release()),
      };
    },
    close: () => Promise.resolve(),
  };
  const options: AgreeOptions = {
    ...AGREE_DEFAULTS,
    server: null,
    now: () => state.now,
    async sleep(ms, signal) {
      state.now += ms;
      await step('pause');
      signal.throwIfAborted();
    },
    ...script.options,
  };
  const abort = new AbortController();
  const run = (wanted: WantedConsistency) => agree(lanes, referee, wanted, options, abort.signal);
  return { run, steps, state, abort };
}

describe('one connection', () => {
  it.each(['best', 'snapshot', 'per_batch'] as const)(
    'is a snapshot of its own, asked for %s',
    async (wanted) => {
      const { run, steps } = setUp({ lanes: 1, marks: [['binlog.1:5']] });
      expect(await run(wanted)).toEqual({
        level: 'snapshot',
        basis: 'One connection read everything in one transaction.',
        position: 'binlog.1:5',
      });
      expect(steps).toEqual(['begin 0']);
    },
  );

  it('keeps writers out where that is asked for', async () => {
    const { run, steps } = setUp({ lanes: 1 });
    expect(await run('locked')).toMatchObject({ level: 'locked', position: null });
    expect(steps).toEqual(['lock', 'begin 0', 'unlock']);
  });
});

describe('snapshots that know what they show', () => {
  const readings = [{ position: null }];

  it('are the same where all show the same commits', async () => {
    const { run, steps } = setUp({ marks: [['b:1/7'], ['b:1/7']], readings });
    expect(await run('best')).toEqual({
      level: 'snapshot',
      basis: '2 snapshots show the same 7 commits since the server was started.',
      position: 'b:1',
    });
    expect(steps).toEqual(['reading', 'begin 0', 'begin 1']);
  });

  it('are all begun anew until they are', async () => {
    const { run, state } = setUp({
      marks: [
        ['b:1/1', 'b:3/3', 'b:5/5'],
        ['b:2/2', 'b:4/4', 'b:5/5'],
      ],
      readings,
    });
    expect(await run('snapshot')).toMatchObject({ level: 'snapshot', position: 'b:5' });
    expect(state.begun).toBe(6);
  });

  // A MariaDB that is asked by several sessions at once may tell one the place of the other.
  it('are not the same because their places are', async () => {
    const { run } = setUp({ marks: [['b:1/7'], ['b:1/8']], readings });
    expect(await run('best')).toMatchObject({ level: 'per_batch', position: null });
  });

  it('are the same whatever is said of their places, and then no place is told', async () => {
    const { run } = setUp({ marks: [['b:1/7'], ['b:2/7']], readings });
    expect(await run('best')).toMatchObject({ level: 'snapshot', position: null });
  });

  it('prove nothing where the server leaves changes out of its log', async () => {
    const { run } = setUp({
      marks: [['b:1/7'], ['b:1/7']],
      readings: [{ position: null, obstacle: OBSTACLE }],
    });
    expect(await run('best')).toEqual({
      level: 'per_batch',
      basis:
        'Each of 2 connections reads as of a moment of its own: the server writes no binary log. Start it with log_bin.',
      position: null,
    });
  });

  it.each([
    [['b:1/7'], ['b:1']],
    [['b:1'], ['b:1']],
    [['b:1/7'], [null]],
  ])('prove nothing where one of them does not know', async (...marks) => {
    const { run } = setUp({ marks, readings });
    expect(await run('best')).toMatchObject({ level: 'per_batch' });
  });
});

describe('a log that stands still', () => {
  it('proves it', async () => {
    const { run, steps } = setUp({});
    expect(await run('best')).toEqual({
      level: 'snapshot',
      basis: 'Nothing was committed while 2 snapshots were begun.',
      position: 'u:1-9',
    });
    expect(steps).toEqual(['reading', 'begin 0', 'begin 1', 'reading']);
  });

  it.each<[string, Partial<LogReading>, Partial<LogReading>]>([
    ['moves', {}, { position: 'u:1-10' }],
    ['has a commit under way before', { settled: false }, {}],
    ['has a commit under way after', {}, { settled: false }],
    ['is not known', { position: null }, { position: null }],
  ])('does not where it %s', async (_, before, after) => {
    const { run } = setUp({ readings: [before, after], options: { patienceMs: 0 } });
    const agreement = await run('best');
    expect(agreement).toMatchObject({ level: 'per_batch', position: null });
    expect(agreement.basis).toContain('in 1 tries over 0 s, something was always committed');
  });

  it('is tried again, with pauses that grow, for as long as patience lasts', async () => {
    const moves = Array.from({ length: 500 }, (_, index) => ({ position: `u:1-${index}` }));
    const { run, state, steps } = setUp({ readings: moves });
    expect(await run('best')).toMatchObject({ level: 'per_batch' });
    expect(state.now).toBeGreaterThanOrEqual(5000);
    expect(state.now).toBeLessThan(5500);
    const tries = steps.filter((step) => step === 'begin 0').length;
    expect(tries).toBeGreaterThan(15);
    expect(tries).toBeLessThan(60);
  });

  it('is a proof on a later try, too', async () => {
    const { run } = setUp({ readings: [{}, { position: 'u:1-10' }, { position: 'u:1-11' }] });
    expect(await run('best')).toMatchObject({ level: 'snapshot', position: 'u:1-11' });
  });

  it('is waited for longer where nothing less will do, and then the task fails', async () => {
    const moves = Array.from({ length: 1000 }, (_, index) => ({ position: `u:1-${index}` }));
    const { run, state } = setUp({ readings: moves });
    await expect(run('snapshot')).rejects.toMatchObject({
      code: 'CONSISTENCY_UNPROVEN',
      retryable: true,
      message: expect.stringContaining('That 2 connections read as of one moment cannot be proved: in '),
      hint: 'Run when less is written, or set "consistency" to "locked". One connection needs no proof: "parallelism": 1.',
    });
    expect(state.now).toBeGreaterThanOrEqual(30_000);
  });
});

it('fails at once where a snapshot is asked for and the server can prove none', async () => {
  const { run, state } = setUp({ readings: [{ position: null, obstacle: OBSTACLE }] });
  await expect(run('snapshot')).rejects.toMatchObject({
    code: 'CONSISTENCY_UNPROVEN',
    retryable: false,
    message: 'That 2 connections read as of one moment cannot be proved: the server writes no binary log.',
    hint: 'Start it with log_bin. One connection needs no proof: "parallelism": 1.',
  });
  expect(state.now).toBe(0);
});

it('asks for no proof where none is wanted', async () => {
  const { run, steps } = setUp({ marks: [['b:1'], ['b:1']] });
  expect(await run('per_batch')).toEqual({
    level: 'per_batch',
    basis: 'Each of 2 connections reads as of a moment of its own: the task asks for no more.',
    position: null,
  });
  expect(steps).toEqual(['begin 0', 'begin 1']);
});

describe('connections that lead to different servers', () => {
  it.each<[string, Script, WantedConsistency]>([
    ['each other', { servers: ['db', 'replica'] }, 'best'],
    ['each other, where no proof is wanted', { servers: ['db', 'replica'] }, 'per_batch'],
    ['the one that was planned on', { options: { server: 'replica' } }, 'best'],
    [
      'the one that was planned on, with one connection',
      { lanes: 1, options: { server: 'replica' } },
      'best',
    ],
    ['the one whose log is looked at', { readings: [{ server: 'replica' }] }, 'best'],
    [
      'the one whose log is looked at afterwards',
      { readings: [{}, { server: 'replica' }], options: { patienceMs: 0 } },
      'snapshot',
    ],
    ['the one that is locked', { servers: ['replica', 'replica'] }, 'locked'],
  ])('are no crew: %s', async (_, script, wanted) => {
    const { run, state } = setUp(script);
    await expect(run(wanted)).rejects.toMatchObject({ code: 'CONSISTENCY_UNPROVEN' });
    expect(state.held).toBe(0);
  });
});

describe('with writers kept out', () => {
  const timeout = new TidemarkError('LOCK_TIMEOUT', 'Lock wait timeout exceeded');

  it('begins all, and lets them in again', async () => {
    const { run, steps } = setUp({ marks: [['b:1'], ['b:1']] });
    expect(await run('locked')).toEqual({
      level: 'locked',
      basis: 'Writers of a were kept out by LOCK TABLES … READ, for 0 ms, while 2 snapshots were begun.',
      position: 'b:1',
    });
    expect(steps).toEqual(['lock', 'begin 0', 'begin 1', 'unlock']);
  });

  it('tries again, a little later, where the lock cannot be had', async () => {
    const { run, steps } = setUp({ lock: [timeout] });
    expect(await run('locked')).toMatchObject({ level: 'locked' });
    expect(steps).toEqual(['lock', 'pause', 'lock', 'begin 0', 'begin 1', 'unlock']);
  });

  it('gives up, and says who may stand in the way', async () => {
    const { run, steps } = setUp({ lock: [timeout, timeout, timeout] });
    await expect(run('locked')).rejects.toMatchObject({
      code: 'CONSISTENCY_UNPROVEN',
      retryable: true,
      message: 'Writers could not be kept out, in 3 tries: Lock wait timeout exceeded',
      hint: expect.stringContaining('information_schema.INNODB_TRX'),
    });
    expect(steps).toEqual(['lock', 'pause', 'lock', 'pause', 'lock']);
  });

  it('tells at once what is not granted', async () => {
    const denied = new TidemarkError('CONSISTENCY_UNPROVEN', 'The account may not', { retryable: false });
    const { run, steps } = setUp({ lock: [denied] });
    await expect(run('locked')).rejects.toBe(denied);
    expect(steps).toEqual(['lock']);
  });

  it('does not count where the server had let them in meanwhile', async () => {
    const lost = new TidemarkError('CONNECTION_LOST', 'gone');
    const { run, state } = setUp({ release: [lost] });
    expect(await run('locked')).toMatchObject({ level: 'locked' });
    expect(state).toMatchObject({ locked: 2, begun: 4 });
  });

  it('lets them in again while a connection keeps all waiting, and does not count that', async () => {
    const slow = Promise.withResolvers<void>();
    const { run, steps, state } = setUp({
      options: { holdMs: 1 },
      onStep: (step) => {
        if (step === 'unlock') slow.resolve();
        return step === 'begin 1' && state.locked === 1 ? slow.promise : undefined;
      },
    });
    await expect(run('locked')).resolves.toMatchObject({ level: 'locked' });
    expect(steps.slice(0, 5)).toEqual(['lock', 'begin 0', 'begin 1', 'unlock', 'pause']);
    expect(state.held).toBe(0);
  });

  it('lets them in again where a connection is lost, and tells that', async () => {
    const lost = new TidemarkError('CONNECTION_LOST', 'lane 1 is gone');
    const { run, state } = setUp({
      onStep: (step) => {
        if (step === 'begin 1') throw lost;
      },
      release: [new Error('as well')],
    });
    await expect(run('locked')).rejects.toBe(lost);
    expect(state).toMatchObject({ locked: 1, unlocked: 1 });
  });
});

it('waits for the others where one connection is lost', async () => {
  const lost = new TidemarkError('CONNECTION_LOST', 'lane 0 is gone');
  const { run, state } = setUp({
    onStep: (step) => {
      if (step === 'begin 0') throw lost;
      return step === 'begin 1' ? new Promise((resolve) => setImmediate(resolve)) : undefined;
    },
  });
  await expect(run('best')).rejects.toBe(lost);
  expect(state.begun).toBe(1);
});

describe('when the run is aborted', () => {
  const busy: Script = {
    readings: Array.from({ length: 9 }, (_, index) => ({ position: `u:1-${index}` })),
    lock: [new TidemarkError('LOCK_TIMEOUT', 'busy'), null],
  };
  const abortedAt = (wanted: WantedConsistency, step: string, time: number) => {
    let seen = 0;
    const one = setUp({
      ...busy,
      onStep: (name) => {
        if (name === step && ++seen === time) one.abort.abort(new Error('enough'));
      },
    });
    return { ...one, outcome: one.run(wanted) };
  };

  it.each<[WantedConsistency, string, number]>([
    ...(['best', 'snapshot'] as const).flatMap((wanted) =>
      ['reading', 'begin 0', 'begin 1', 'pause'].flatMap((step) =>
        [1, 2].map((time): [WantedConsistency, string, number] => [wanted, step, time]),
      ),
    ),
    ['per_batch', 'begin 0', 1],
    ['per_batch', 'begin 1', 1],
    ['locked', 'lock', 1],
    ['locked', 'lock', 2],
    ['locked', 'pause', 1],
    ['locked', 'begin 0', 1],
    ['locked', 'begin 1', 1],
  ])('asked for %s, at %s number %i, its reason is told and no lock is left', async (...when) => {
    const { outcome, state, abort } = abortedAt(...when);
    await expect(outcome).rejects.toThrow('enough');
    expect(abort.signal.aborted).toBe(true);
    expect(state.held).toBe(0);
  });

  it('lets writers in again also where that is when it happens', async () => {
    const { outcome, state, abort } = abortedAt('locked', 'unlock', 1);
    await expect(outcome).resolves.toMatchObject({ level: 'locked' });
    expect(abort.signal.aborted).toBe(true);
    expect(state.held).toBe(0);
  });

  it('begins nothing where it was over before', async () => {
    const { run, steps: done, abort } = setUp({});
    abort.abort(new Error('enough'));
    await expect(run('locked')).rejects.toThrow('enough');
    expect(done).toEqual([]);
  });
});
