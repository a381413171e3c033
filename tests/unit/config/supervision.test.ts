import { supervisionIn } from '../../../src/config/supervision.ts';

it.each([
  [{}, { notify: false, watchdogMs: null }],
  [{ NOTIFY_SOCKET: '' }, { notify: false, watchdogMs: null }],
  [{ NOTIFY_SOCKET: '/run/systemd/notify' }, { notify: true, watchdogMs: null }],
  [
    { NOTIFY_SOCKET: '@notify', WATCHDOG_USEC: '120000000' },
    { notify: true, watchdogMs: 120_000 },
  ],
  [
    { NOTIFY_SOCKET: '@n', WATCHDOG_USEC: '5000000', WATCHDOG_PID: '42' },
    { notify: true, watchdogMs: 5000 },
  ],
  // Meant for a parent of this process.
  [
    { NOTIFY_SOCKET: '@n', WATCHDOG_USEC: '5000000', WATCHDOG_PID: '41' },
    { notify: true, watchdogMs: null },
  ],
  [
    { NOTIFY_SOCKET: '@n', WATCHDOG_USEC: 'soon' },
    { notify: true, watchdogMs: null },
  ],
  [{ WATCHDOG_USEC: '5000000' }, { notify: false, watchdogMs: null }],
])('reads %j', (env, expected) => {
  expect(supervisionIn(env, 42)).toEqual(expected);
});
