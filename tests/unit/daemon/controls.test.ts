import { taskControls, type PauseBook } from '../../../src/daemon/controls.ts';
import type { PastRun, Trigger } from '../../../src/domain/run.ts';
import type { CatchUp } from '../../../src/domain/spec.ts';
import { fakePast, fakeReport } from '../schedule/fake-report.ts';
import { keptLog } from '../schedule/kept-log.ts';
import { sampleSpec } from '../watch/sample-spec.ts';

const slot = new Date('2026-03-04T03:00:00Z');
const failed = fakePast(fakeReport('a', slot, 'ACCESS_DENIED'));
const byAnn = 'ann@127.0.0.1';

function controlsOf(
  given: {
    last?: PastRun | null;
    busy?: 'running' | 'waiting' | null;
    catchUp?: CatchUp;
    waits?: Trigger;
    blackout?: Date;
    book?: Partial<PauseBook>;
  } = {},
) {
  const did: string[] = [];
  const note = (text: string): void => void did.push(text);
  const controls = taskControls({
    book: {
      load: () => new Map([['old', { since: '2026-03-01T00:00:00.000Z', actor: byAnn }]]),
      pause: (task, actor) => note(`keeps pause of ${task} by ${actor}`),
      resume: (task, actor) => note(`keeps resume of ${task} by ${actor}`),
      noteRun: (task, of, actor) =>
        note(`keeps run of ${task} for ${of?.toISOString() ?? 'now'} by ${actor}`),
      ...given.book,
    },
    parts: () => ({
      specs: new Map([['a', sampleSpec('a', { catchUp: given.catchUp ?? 'latest' })]]),
      runs: {
        busy: () => given.busy ?? null,
        run: (task, { kind, scheduledFor, until }) =>
          note(
            `runs ${task} ${kind}${kind === 'manual' ? '' : ` ${scheduledFor.toISOString()} ${until === null}`}`,
          ),
        unqueue: () => given.waits ?? null,
      },
      schedule: {
        ended: (task) => note(`deals with the slot of ${task}`),
        heedPause: (task) => note(`heeds ${task}`),
      },
    }),
    blackoutEnd: () => given.blackout ?? null,
    lastRun: () => given.last ?? null,
    changed: () => note('changed'),
    log: keptLog(),
  });
  return { controls, did };
}

it('runs a task now, once who asked for it is written down', () => {
  const { controls, did } = controlsOf();
  controls.act('run', 'a', byAnn);
  expect(did).toEqual([`keeps run of a for now by ${byAnn}`, 'runs a manual', 'changed']);
});

it('runs nothing where that cannot be written down', () => {
  const { controls, did } = controlsOf({
    book: {
      noteRun: () => {
        throw new Error('the disk is full');
      },
    },
  });
  expect(() => controls.act('run', 'a', byAnn)).toThrow('the disk is full');
  expect(did).toEqual([]);
});

it.each([
  ['latest', true],
  ['all', false],
] as const)('tries the slot of a failed run again, with catch_up "%s"', (catchUp, openEnded) => {
  const { controls, did } = controlsOf({ last: failed, catchUp });
  controls.act('retry', 'a', byAnn);
  const at = slot.toISOString();
  expect(did.slice(0, 2)).toEqual([
    `keeps run of a for ${at} by ${byAnn}`,
    `runs a catch_up ${at} ${openEnded}`,
  ]);
});

it('tries a run by hand again as one of its own', () => {
  const { controls, did } = controlsOf({ last: { ...failed, kind: 'manual' } });
  controls.act('retry', 'a', byAnn);
  expect(did).toContain('runs a manual');
});

it('refuses what makes no sense, and does nothing then', () => {
  const { controls, did } = controlsOf({ last: fakePast(fakeReport('a', slot)) });
  const code = (expected: string) => expect.objectContaining({ code: expected }) as Error;
  expect(() => controls.act('retry', 'a', byAnn)).toThrow(code('USAGE'));
  expect(() => controls.act('run', 'b', byAnn)).toThrow('There is no task "b".');
  expect(() => controlsOf({ busy: 'running' }).controls.act('run', 'a', byAnn)).toThrow(
    code('ALREADY_RUNNING'),
  );
  expect(() => controlsOf({ busy: 'waiting' }).controls.act('run', 'a', byAnn)).toThrow(/waits for its turn/);
  expect(() => controlsOf({ blackout: slot }).controls.act('run', 'a', byAnn)).toThrow(code('BLACKOUT'));
  expect(did).toEqual([]);
});

it('pauses once, drops who waits, and resumes', () => {
  const waits: Trigger = { kind: 'scheduled', scheduledFor: slot, until: null, backfill: null };
  const { controls, did } = controlsOf({ waits });
  expect([...controls.paused.keys()]).toEqual(['old']);
  controls.act('pause', 'a', byAnn);
  expect(controls.paused.get('a')).toMatchObject({ actor: byAnn });
  controls.act('pause', 'a', byAnn);
  controls.act('resume', 'a', byAnn);
  controls.act('resume', 'a', byAnn);
  expect(controls.paused.has('a')).toBe(false);
  expect(did.filter((what) => what !== 'changed')).toEqual([
    `keeps pause of a by ${byAnn}`,
    'deals with the slot of a',
    'heeds a',
    `keeps resume of a by ${byAnn}`,
    'heeds a',
  ]);
});
