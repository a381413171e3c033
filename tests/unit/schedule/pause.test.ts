/** A task that is paused: its slots pass without a run, whatever `catch_up` says, and none is made up for. */
import { fakeDaemon, task } from './fake-daemon.ts';

const MINUTE = 60_000;

it.each(['latest', 'all', 'none'] as const)('runs no slot of the pause, with catch_up "%s"', (catchUp) => {
  const daemon = fakeDaemon('2026-01-01T00:00:30Z');
  daemon.apply(task('* * * * *', { catchUp }));
  daemon.pass(MINUTE);
  expect(daemon.begun).toEqual(['scheduled a 01-01T00:01:00']);
  daemon.pause('a');
  expect(daemon.next('a')).toBeNull();
  daemon.pass(3 * MINUTE);
  daemon.resume('a');
  expect(daemon.next('a')).toEqual(new Date('2026-01-01T00:05:00Z'));
  daemon.pass(MINUTE);
  expect(daemon.begun).toEqual(['scheduled a 01-01T00:01:00', 'scheduled a 01-01T00:05:00']);
  expect(daemon.skipped).toEqual([]);
});

it('stays paused over a restart, and what came while no daemon ran is not made up for', () => {
  const daemon = fakeDaemon('2026-01-01T00:00:30Z');
  daemon.apply(task('* * * * *', { catchUp: 'all' }));
  daemon.pause('a');
  daemon.restartAfter(5 * MINUTE);
  daemon.apply(task('* * * * *', { catchUp: 'all' }));
  daemon.resume('a');
  daemon.pass(MINUTE);
  expect(daemon.begun).toEqual(['scheduled a 01-01T00:06:00']);
});

it('lets a run in progress end, and begins none of the slots that came meanwhile', () => {
  const daemon = fakeDaemon('2026-01-01T00:00:30Z');
  daemon.holdRuns();
  daemon.apply(task('* * * * *', { catchUp: 'all' }));
  daemon.pass(MINUTE);
  daemon.pause('a');
  daemon.pass(2 * MINUTE);
  daemon.end('a');
  daemon.pass(MINUTE);
  expect(daemon.begun).toEqual(['scheduled a 01-01T00:01:00']);
});

it('does not take a run by hand for that of a slot', () => {
  const daemon = fakeDaemon('2026-01-01T00:00:30Z');
  daemon.apply(task('* * * * *'));
  daemon.runByHand('a');
  daemon.pass(10_000);
  daemon.end('a');
  daemon.pass(30_000);
  expect(daemon.begun).toEqual(['scheduled a 01-01T00:01:00']);
  daemon.runByHand('a');
  daemon.pass(2 * MINUTE);
  daemon.end('a');
  expect(daemon.skipped).toEqual([
    expect.stringContaining('a 01-01T00:03:00: 2 slots from 2026-01-01T00:02:00.000Z'),
  ]);
  daemon.pass(MINUTE);
  expect(daemon.begun).toEqual(['scheduled a 01-01T00:01:00', 'scheduled a 01-01T00:04:00']);
});
