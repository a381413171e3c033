/** ecosystem.config.js under a real pm2, with a home of its own. */
import { execFile, execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { waitFor } from '../support/wait-for.ts';
import { workspace, type Workspace } from '../support/workspace.ts';

const ROOT = path.join(import.meta.dirname, '../..');
const PM2 = path.join(ROOT, 'node_modules/pm2/bin/pm2');
const READY_SECONDS = 30;

interface Pm2Process {
  readonly name: string;
  readonly pid: number;
  readonly pm2_env: {
    readonly status: string;
    readonly exit_code?: number;
    readonly restart_time: number;
    readonly exec_interpreter: string;
    readonly exec_mode: string;
  };
}

describe('ecosystem.config.js', () => {
  let ws: Workspace;
  const env = (): NodeJS.ProcessEnv => ({
    PATH: process.env['PATH'],
    HOME: ws.folder,
    PM2_HOME: ws.path('pm2'),
    TIDEMARK_CONFIG: ws.configFile,
  });
  const pm2 = async (...args: string[]): Promise<string> =>
    (await promisify(execFile)(process.execPath, [PM2, ...args], { cwd: ROOT, env: env() })).stdout;
  const described = async (): Promise<Pm2Process> => {
    // pm2 may say other things before the list.
    const list = (await pm2('jlist', '--silent')).split('\n').findLast((line) => line.startsWith('['));
    const found = (JSON.parse(list!) as Pm2Process[]).find(({ name }) => name === 'tidemark');
    if (found === undefined) throw new Error('pm2 has no process called tidemark');
    return found;
  };
  // pm2's own daemon leaves the test's process group, and would outlive a test run that dies.
  const killPm2 = (): void => {
    execFileSync(process.execPath, [PM2, 'kill'], { cwd: ROOT, env: env(), stdio: 'ignore' });
  };

  beforeAll(async () => {
    ws = await workspace({
      // Nothing connects before a task fires.
      database: { host: '127.0.0.1', port: 1, user: 'nobody', password: 'secret', name: 'none' },
      s3: {
        endpoint: 'http://127.0.0.1:1',
        region: 'us-east-1',
        credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
      },
      bucket: 'none',
    });
    process.once('exit', killPm2);
  });
  afterAll(() => {
    process.off('exit', killPm2);
    killPm2();
    rmSync(ws.folder, { recursive: true, force: true });
  });

  it('starts the daemon, which runs as configured and stops in order', async () => {
    const example = readFileSync(path.join(ROOT, 'specs/employees.json'), 'utf8');
    ws.writeSpec('employees', { ...(JSON.parse(example) as object), schedule: '0 3 * * *' });

    await pm2('start', 'ecosystem.config.js');
    // pm2 has waited: it does not say online before the daemon says that the specs are read.
    expect(ws.read('logs/tidemark.log')).toMatch(/specs read tasks=1/);
    expect((await described()).pm2_env.status).toBe('online');
    await ready(ws.httpPort);
    const tasks = (await (await fetch(`http://127.0.0.1:${ws.httpPort}/api/tasks`)).json()) as object;
    expect(JSON.stringify(tasks)).toContain('"employees"');
    const running = await described();
    expect(running.pm2_env).toMatchObject({
      status: 'online',
      exec_mode: 'fork_mode',
      exec_interpreter: path.join(ROOT, 'node_modules/.bin/node'),
    });

    await pm2('sendSignal', 'SIGHUP', 'tidemark');
    await waitFor('the config is read again', () =>
      ws.read('logs/tidemark.log').includes('have been read again changed=nothing') ? true : null,
    );

    await pm2('stop', 'tidemark');
    const stopped = await described();
    expect(stopped.pm2_env).toMatchObject({ status: 'stopped', restart_time: 0 });
    expect(() => process.kill(running.pid, 0)).toThrow('ESRCH');
    // It was not killed: the last line is the one that follows the release of everything.
    expect(ws.read('logs/tidemark.log')).toContain('daemon has stopped');
    await expect(fetch(`http://127.0.0.1:${ws.httpPort}/healthz`)).rejects.toThrow('fetch failed');
  });

  it('leaves a daemon stopped whose config is wrong, instead of starting it over and over', async () => {
    await pm2('delete', 'all');
    await promisify(execFile)(process.execPath, [PM2, 'start', 'ecosystem.config.js'], {
      cwd: ROOT,
      env: { ...env(), TIDEMARK_CONFIG: ws.path('missing.json') },
    });
    const deadline = Date.now() + READY_SECONDS * 1000;
    let found = await described();
    while (found.pm2_env.status !== 'stopped' && Date.now() < deadline) {
      await sleep(200);
      found = await described();
    }
    expect(found.pm2_env).toMatchObject({ status: 'stopped', exit_code: 2, restart_time: 0 });
  });

  it('allows the daemon more than its grace before killing it', async () => {
    const { apps } = (await import(path.join(ROOT, 'ecosystem.config.js'))) as {
      apps: { kill_timeout: number }[];
    };
    const schema = JSON.parse(readFileSync(path.join(ROOT, 'config/config.schema.json'), 'utf8')) as {
      properties: { shutdown_grace: { default: string } };
    };
    expect(schema.properties.shutdown_grace.default).toBe('30 seconds');
    expect(apps[0]!.kill_timeout).toBeGreaterThan(40_000);
  });
});

async function ready(port: number): Promise<void> {
  const deadline = Date.now() + READY_SECONDS * 1000;
  for (;;) {
    try {
      expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(200);
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(100);
    }
  }
}
