/** `tidemark status`, `history` and `watermark` on a state of their own: no server is asked. */
import { renameSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { readSince } from '../../../src/commands/history.ts';
import { main } from '../../../src/commands/program.ts';
import { openState } from '../../../src/state/database.ts';
import { acquireLock, daemonLockPath, taskLockPath } from '../../../src/state/lock.ts';
import { ran, failed } from '../state/folder.ts';
import { CONFIG, SPEC, captured, folder, write, type Written } from './folder.ts';

const config = write('config.conf', CONFIG);
write('orders.json', {
  ...SPEC,
  task_name: 'orders',
  schedule: '0 3 * * *',
  table: { name: 'orders', cdc: { updated_at: { mode: 'watermark', initial: '2026-01-01' } } },
});
write('broken.json', { ...SPEC, task_name: 'no blanks' });
write('staff.json', SPEC);
const stateDir = join(folder, 'state');
const tidemark = (...argv: string[]): Promise<Written> =>
  captured(() => main(['node', 'tidemark', ...argv, '--config', config]));
const json = async (...argv: string[]): Promise<Record<string, unknown>> => {
  const { code, stdout, stderr } = await tidemark(...argv, '--json');
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Record<string, unknown>;
};
const SECRET = CONFIG.sources.mysql.password;
const ids: string[] = [];

beforeAll(() => {
  const { db, close } = openState(stateDir);
  const window = {
    table: 'orders',
    column: 'updated_at',
    mode: 'watermark',
    from: null,
    nulls: true,
  } as const;
  const value = '2026-03-01 02:59:00';
  const watermarks = [{ table: 'orders', column: 'updated_at', value }];
  ids.push(
    ran(db, 'orders', 0, { watermarks, windows: [{ ...window, to: value }], warnings: [`as ${SECRET}`] }),
  );
  ids.push(ran(db, 'staff', 10, failed()));
  close();
});

describe('status', () => {
  it('reports every task, and is content also where some fail', async () => {
    const { code, stdout } = await tidemark('status');
    expect(code).toBe(0);
    expect(stdout).toContain('No daemon runs');
    expect(stdout).toMatch(/^staff +failed .*by hand$/m);
    expect(stdout).toContain('ACCESS_DENIED: 1 failed run since 2026-03-01 03:10 UTC');
    expect(stdout).toContain('Check the password.');
    expect(stdout).not.toContain('Or the user');
    expect(stdout).toMatch(/^orders +ok .*0 3 \* \* \*$/m);
    expect(stdout).toContain('watermark orders.updated_at = 2026-03-01 02:59:00');
    expect(stdout).toContain('broken.json:1:14 task_name');
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
    expect(stdout).not.toContain('\u001b');
  });

  it('says so in JSON, without secrets, and says which daemon runs', async () => {
    const daemon = acquireLock(daemonLockPath(stateDir));
    try {
      const document = await json('status');
      expect(document).toMatchObject({
        daemon: { pid: process.pid },
        tasks: [
          {
            task: 'staff',
            failures: 1,
            running: false,
            last_run: { run_id: ids[1], error: { code: 'ACCESS_DENIED' } },
          },
          {
            task: 'orders',
            schedule: '0 3 * * *',
            failures: 0,
            watermarks: [{ initial: '2026-01-01', run_id: ids[0] }],
          },
        ],
        unusable: [{ file: expect.stringContaining('broken.json') as string }],
      });
      expect(JSON.stringify(document)).not.toContain(SECRET);
      const names = JSON.stringify(document).match(/"\w+":/g) ?? [];
      expect(names.filter((name) => /[A-Z]/.test(name))).toEqual([]);
    } finally {
      daemon?.release();
    }
  });
});

describe('history', () => {
  it('lists what was, the newest first', async () => {
    const { stdout } = await tidemark('history');
    const [heading, first, second] = stdout.split('\n');
    expect(heading).toMatch(/^BEGAN \(UTC\) +TASK +KIND/);
    expect(first).toMatch(/^2026-03-01 03:10:00 +staff +scheduled +03:10:00 .*failed: ACCESS_DENIED$/);
    expect(second).toMatch(
      /^2026-03-01 03:00:00 +orders +scheduled +03:00:00 +1\.5 s +3 +0\.0 +1 +succeeded, 1 warning$/,
    );
  });

  it('shows the windows of one task', async () => {
    const { stdout } = await tidemark('history', 'orders');
    expect(stdout).toContain('    orders.updated_at: (the beginning, 2026-03-01 02:59:00], and NULL\n');
    expect(stdout).not.toContain('staff');
  });

  it('tells no secret', async () => {
    const document = JSON.stringify(await json('history'));
    expect(document).toContain('"warnings":["as ');
    expect(document).not.toContain(SECRET);
  });

  it('is as long as it was asked to be', async () => {
    expect((await json('history', '--limit', '1'))['runs']).toMatchObject([{ run_id: ids[1] }]);
    expect((await json('history', '--since', '2026-03-01T03:05:00'))['runs']).toMatchObject([
      { run_id: ids[1] },
    ]);
    const { stdout } = await tidemark('history', 'staff', '--since', '2026-03-02');
    expect(stdout).toBe('The history has nothing of that.\n');
  });

  it('knows every task, and suggests one where a name is mistyped', async () => {
    const { code, stderr } = await tidemark('history', 'ordres');
    expect(code).toBe(2);
    expect(stderr).toContain('There is no task "ordres". Did you mean "orders"?');
  });

  it('shows one run whole, without secrets', async () => {
    const { stdout } = await tidemark('history', '--run', ids[0]!);
    expect(stdout).toContain('orders/orders_20260301030000.csv  3 rows, 40 bytes');
    expect(stdout).toContain('    SELECT 1');
    expect(stdout).toContain('warning: as ');
    expect(stdout).not.toContain(SECRET);
    expect(await json('history', '--run', ids[0]!)).toMatchObject({
      run: { run_id: ids[0] },
      report: { files: [{}] },
    });
  });

  it.each([
    [['--limit', '0'], /--limit: found "0"/],
    [['--limit', 'x'], /--limit: found "x"/],
    [['--since', 'tomorrow'], /--since: found "tomorrow"/],
    [['--since', '2026-13-01'], /--since/],
    [['--run', 'none'], /no run of this id/],
  ])('refuses %j', async (argv, message) => {
    const { code, stderr } = await tidemark('history', ...argv);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });

  it('takes times in UTC, and spans', () => {
    const now = new Date('2026-03-04T05:06:07Z');
    expect(readSince('2026-03-01', now).toISOString()).toBe('2026-03-01T00:00:00.000Z');
    expect(readSince('2026-03-01 03:00', now).toISOString()).toBe('2026-03-01T03:00:00.000Z');
    expect(readSince('2026-03-01T03:00:00+02:00', now).toISOString()).toBe('2026-03-01T01:00:00.000Z');
    expect(readSince('2 days', now).toISOString()).toBe('2026-03-02T05:06:07.000Z');
  });
});

describe('watermark', () => {
  it('is shown, with who moved it', async () => {
    const { stdout } = await tidemark('watermark', 'get', 'orders');
    expect(stdout).toBe(
      `orders.updated_at = 2026-03-01 02:59:00, by run ${ids[0]}, 2026-03-01 03:00:01 UTC\n`,
    );
    expect((await tidemark('watermark', 'get', 'staff')).stdout).toBe('Task staff has no watermark.\n');
  });

  it('is changed and forgotten, each with a line in the history that says by whom', async () => {
    const back = await tidemark('watermark', 'set', 'orders', '2026-02-01');
    expect(back.stdout).toBe(
      'orders.updated_at is 2026-02-01 00:00:00; it was 2026-03-01 02:59:00.\n' +
        'The next run reads the rows of orders with updated_at > 2026-02-01 00:00:00. Rows with orders.updated_at in ' +
        '(2026-02-01 00:00:00, 2026-03-01 02:59:00] will be published a second time.\n',
    );
    expect(await json('watermark', 'reset', 'orders')).toMatchObject({
      task: 'orders',
      watermarks: [{ table: 'orders', old_value: '2026-02-01 00:00:00', value: null }],
    });
    expect((await tidemark('watermark', 'get', 'orders')).stdout).toBe(
      'orders.updated_at: none yet; the first run begins at 2026-01-01\n',
    );
    expect(await json('watermark', 'set', 'orders', '2026-01-15', '--table', 'orders')).toMatchObject({
      watermarks: [{ old_value: null, value: '2026-01-15' }],
    });
    const { events } = (await json('history', 'orders')) as { events: { action: string; actor: string }[] };
    expect(events.map(({ action }) => action)).toEqual(['watermark_set', 'watermark_reset', 'watermark_set']);
    expect(events[0]?.actor).toBe(`${userInfo().username}@${hostname()}`);
    expect((await tidemark('history', 'orders')).stdout).toMatch(
      /^[-0-9: ]+ {2}watermark orders.updated_at reset; it was 2026-02-01 00:00:00, by \S+@/m,
    );
  });

  it('is left alone while the task runs', async () => {
    const before = await json('watermark', 'get', 'orders');
    const run = acquireLock(taskLockPath(stateDir, 'orders'));
    try {
      for (const argv of [
        ['set', 'orders', '2026-02-01'],
        ['reset', 'orders'],
      ]) {
        const { code, stderr } = await tidemark('watermark', ...argv);
        expect(code).toBe(3);
        expect(stderr).toContain('ALREADY_RUNNING');
      }
      expect(await json('watermark', 'get', 'orders')).toEqual(before);
    } finally {
      run?.release();
    }
  });

  it.each([
    [['set', 'orders', '7'], /found "7"/],
    [['set', 'orders', 'now'], /Allowed: a time such as/],
    [['set', 'orders'], /missing required argument 'value'/],
    [['set', 'staff', '7'], /has no watermark/],
    [['get', 'order'], /There is no task "order".*Did you mean "orders"/],
    [['reset', 'orders', '--table', 'order'], /Did you mean "orders"/],
  ])('refuses %j', async (argv, message) => {
    const { code, stderr } = await tidemark('watermark', ...argv);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });
});

it('never begins anew where the state is gone', async () => {
  const path = join(stateDir, 'tidemark.db');
  renameSync(path, `${path}.gone`);
  try {
    for (const argv of [
      ['status'],
      ['history'],
      ['watermark', 'get', 'orders'],
      ['watermark', 'set', 'orders', '2026-02-01'],
    ]) {
      const { code, stderr } = await tidemark(...argv);
      expect(code).toBe(1);
      expect(stderr).toContain('STATE_UNUSABLE');
    }
  } finally {
    renameSync(`${path}.gone`, path);
  }
});
