/** Slots that fall into a blackout: they run once when it is over, and none is lost. */
import type { CatchUp, Spec } from '../../../src/domain/spec.ts';
import { fakeDaemon, task as taskOf } from './fake-daemon.ts';

const MORNING = { blackout: [{ from: 480, to: 600 }] };
const task = (schedule: string, more: Partial<Spec> = {}): Spec =>
  taskOf(schedule, { timezone: 'UTC', ...MORNING, ...more });
const advance = (daemon: ReturnType<typeof fakeDaemon>, to: string): void =>
  daemon.pass(Date.parse(to) - daemon.clock.now().getTime());

it('runs a slot when the blackout is over, as the slot that it is', () => {
  const daemon = fakeDaemon('2026-03-04T07:00:00Z');
  daemon.apply(task('30 8 * * *'));
  advance(daemon, '2026-03-04T09:59:59Z');
  expect(daemon.begun).toEqual([]);
  advance(daemon, '2026-03-04T10:00:00Z');
  expect(daemon.begun).toEqual(['scheduled a 03-04T08:30:00']);
  advance(daemon, '2026-03-05T12:00:00Z');
  expect(daemon.begun.slice(1)).toEqual(['scheduled a 03-05T08:30:00']);
});

it('says for when it waits, once, and shows that as its next fire', () => {
  const daemon = fakeDaemon('2026-03-04T07:00:00Z');
  daemon.apply(task('30 8 * * *'));
  expect(daemon.next('a')).toEqual(new Date('2026-03-04T10:00:00Z'));
  advance(daemon, '2026-03-04T09:30:00Z');
  expect(daemon.next('a')).toEqual(new Date('2026-03-04T10:00:00Z'));
  const said = daemon.says('blackout');
  expect(said).toHaveLength(1);
  expect(said[0]).toMatchObject({
    level: 'info',
    task: 'a',
    scheduled_for: '2026-03-04T08:30:00.000Z',
    until: '2026-03-04T10:00:00.000Z',
  });
});

it.each(['latest', 'none'] as const)('runs several slots as one, the last, with catch_up %s', (catchUp) => {
  const daemon = fakeDaemon('2026-03-04T07:50:00Z');
  daemon.apply(task('*/15 8-9 * * *', { catchUp }));
  advance(daemon, '2026-03-04T12:00:00Z');
  expect(daemon.begun).toEqual(['scheduled a 03-04T09:45:00']);
  expect(daemon.says('become one run')).toEqual([expect.objectContaining({ level: 'info', missed: 7 })]);
  expect(daemon.says('missed')).toEqual([]);
});

it('runs several slots one after the other with catch_up all', () => {
  const daemon = fakeDaemon('2026-03-04T07:50:00Z');
  daemon.apply(task('0,30 8-9 * * *', { catchUp: 'all' }));
  advance(daemon, '2026-03-04T12:00:00Z');
  expect(daemon.begun).toEqual([
    'scheduled a 03-04T08:00:00 until 03-04T08:00:00',
    'scheduled a 03-04T08:30:00 until 03-04T08:30:00',
    'scheduled a 03-04T09:00:00 until 03-04T09:00:00',
    'scheduled a 03-04T09:30:00',
  ]);
});

it.each<CatchUp>(['latest', 'none'])(
  'loses none to a restart in the blackout, with catch_up %s',
  (catchUp) => {
    const daemon = fakeDaemon('2026-03-04T07:00:00Z');
    daemon.apply(task('30 8 * * *', { catchUp }));
    advance(daemon, '2026-03-04T09:00:00Z');
    daemon.restartAfter(60_000);
    daemon.apply(task('30 8 * * *', { catchUp }));
    advance(daemon, '2026-03-04T10:00:30Z');
    expect(daemon.begun).toEqual(['scheduled a 03-04T08:30:00']);
  },
);

it('is missed where nobody was there when the blackout was over', () => {
  const daemon = fakeDaemon('2026-03-04T07:00:00Z');
  daemon.apply(task('30 8 * * *', { catchUp: 'none' }));
  advance(daemon, '2026-03-04T09:00:00Z');
  daemon.restartAfter(2 * 3_600_000);
  daemon.apply(task('30 8 * * *', { catchUp: 'none' }));
  expect(daemon.begun).toEqual([]);
});

it('runs a slot that has waited for its turn until the blackout began when it is over, with what came meanwhile', () => {
  const daemon = fakeDaemon('2026-03-04T07:50:00Z');
  daemon.holdRuns();
  daemon.apply(task('59 7-8 * * *'));
  advance(daemon, '2026-03-04T08:01:00Z');
  expect(daemon.begun).toEqual(['scheduled a 03-04T07:59:00']);
  daemon.end('a', 'BLACKOUT');
  advance(daemon, '2026-03-04T09:59:00Z');
  expect(daemon.begun).toHaveLength(1);
  advance(daemon, '2026-03-04T10:00:00Z');
  expect(daemon.begun.slice(1)).toEqual(['scheduled a 03-04T08:59:00']);
  expect(daemon.skipped).toEqual([]);
});

it('leaves a run in progress alone, and slots out of the blackout where they are', () => {
  const daemon = fakeDaemon('2026-03-04T06:00:00Z');
  daemon.holdRuns();
  daemon.apply(task('0 7,11 * * *'));
  advance(daemon, '2026-03-04T09:00:00Z');
  expect(daemon.begun).toEqual(['scheduled a 03-04T07:00:00']);
  daemon.end('a');
  advance(daemon, '2026-03-04T11:00:00Z');
  expect(daemon.begun.slice(1)).toEqual(['scheduled a 03-04T11:00:00']);
});

it('follows the clock of the zone when it changes', () => {
  const daemon = fakeDaemon('2026-10-24T20:00:00Z');
  daemon.apply(task('30 2 * * *', { timezone: 'Europe/Berlin', blackout: [{ from: 120, to: 180 }] }));
  // 02:00 to 03:00 in Berlin comes twice, until 02:00 UTC.
  advance(daemon, '2026-10-25T01:59:00Z');
  expect(daemon.begun).toEqual([]);
  advance(daemon, '2026-10-25T02:00:00Z');
  expect(daemon.begun).toEqual(['scheduled a 10-25T00:30:00']);
});

it('does not wait for the end of a blackout that the spec has no more', () => {
  const daemon = fakeDaemon('2026-03-04T07:00:00Z');
  daemon.apply(task('30 8 * * *'));
  advance(daemon, '2026-03-04T09:00:00Z');
  daemon.apply(task('30 8 * * *'));
  expect(daemon.begun).toEqual([]);
  daemon.apply(task('30 8 * * *', { blackout: [] }));
  expect(daemon.begun).toEqual([expect.stringContaining(' a 03-04T08:30:00')]);
});

it.each([
  ['taken away', []],
  ['shortened', [{ from: 480, to: 520 }]],
])('drops no slot that waits where the blackout is %s, also with catch_up none', (_what, blackout) => {
  const daemon = fakeDaemon('2026-03-04T07:00:00Z');
  daemon.apply(task('*/15 8 * * *', { catchUp: 'none' }));
  advance(daemon, '2026-03-04T09:30:00Z');
  expect(daemon.begun).toEqual([]);
  daemon.apply(task('*/15 8 * * *', { catchUp: 'none', blackout }));
  expect(daemon.begun).toEqual(['scheduled a 03-04T08:45:00']);
  expect(daemon.says('become one run')).toEqual([expect.objectContaining({ level: 'info', missed: 3 })]);
  expect(daemon.says('missed')).toEqual([]);
  advance(daemon, '2026-03-05T07:59:00Z');
  expect(daemon.begun).toHaveLength(1);
});

it('says that slots were missed that came when the blackout was over and the machine slept', () => {
  const daemon = fakeDaemon('2026-03-04T07:00:00Z');
  daemon.apply(task('30 8,10 * * *', { catchUp: 'none' }));
  advance(daemon, '2026-03-04T09:00:00Z');
  daemon.clock.jump(Date.parse('2026-03-04T11:00:00Z') - daemon.clock.now().getTime());
  daemon.apply(task('30 8,10 * * *', { catchUp: 'none', blackout: [] }));
  expect(daemon.begun).toEqual([]);
  expect(daemon.says('slots were missed')).toEqual([expect.objectContaining({ level: 'warn', missed: 2 })]);
});
