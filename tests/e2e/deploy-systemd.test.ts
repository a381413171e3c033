/** deploy/tidemark.service, as systemd itself reads it. Needs systemd-analyze (Debian: systemd). */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { CLI } from '../support/cli.ts';

const run = promisify(execFile);
const UNIT = path.join(import.meta.dirname, '../../deploy/tidemark.service');
/** Of 100; what systemd-analyze calls exposure 2.0. */
const EXPOSURE = 20;

describe('deploy/tidemark.service', () => {
  const text = readFileSync(UNIT, 'utf8');
  const setting = (name: string): string[] =>
    [...text.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map((match) => match[1]!);
  let folder: string;
  let unit: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'tidemark-unit-'));
    unit = path.join(folder, 'tidemark.service');
    // Where this machine keeps Node and the program.
    writeFileSync(unit, text.replace(/^ExecStart=.*$/m, `ExecStart=${process.execPath} ${CLI} daemon`));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is understood by systemd to the last line', async () => {
    const { stdout, stderr } = await run('systemd-analyze', ['verify', '--man=no', unit]);
    expect(stdout + stderr).toBe('');
  });

  it('exposes little of the machine', async () => {
    // Ends with an error where the exposure is above the threshold.
    const { stdout } = await run('systemd-analyze', [
      'security',
      '--offline=true',
      '--no-pager',
      `--threshold=${EXPOSURE}`,
      unit,
    ]);
    expect(stdout).toMatch(/Overall exposure level for tidemark.service: [01]\.\d/);
  });

  it('is started once the daemon says so, and restarted where it says nothing any more', () => {
    expect(setting('Type')).toEqual(['notify']);
    // systemd-notify is a process beside the daemon.
    expect(setting('NotifyAccess')).toEqual(['all']);
    expect(setting('WatchdogSec')).toEqual(['2min']);
    expect(setting('ExecReload')).toEqual(['/bin/kill -HUP $MAINPID']);
  });

  it('waits longer than the grace before it kills', () => {
    const [seconds] = setting('TimeoutStopSec');
    expect(Number(seconds)).toBeGreaterThan(40);
    expect(setting('KillSignal')).toEqual(['SIGTERM']);
  });

  it('does not start again what cannot run: exit codes 2 and 3', () => {
    expect(setting('Restart')).toEqual(['on-failure']);
    expect(setting('RestartPreventExitStatus')).toEqual(['2 3']);
  });

  it('keeps state and logs in the folders that it makes', () => {
    const environment = setting('Environment');
    expect(environment).toContain(`TIDEMARK_STATE_DIR=%S/${setting('StateDirectory')[0]}`);
    expect(environment).toContain(`TIDEMARK_LOGS_DIR=%L/${setting('LogsDirectory')[0]}`);
  });

  it('tells malloc what the image and pm2 tell it', () => {
    const settingsIn = (found: string): string[] =>
      [...found.matchAll(/\b(MALLOC_\w+)(?:=|: ')(\w+)/g)].map(([, name, value]) => `${name}=${value}`);
    const settings = settingsIn(setting('Environment').join('\n'));
    expect(settings.map((one) => one.split('=')[0])).toEqual([
      'MALLOC_ARENA_MAX',
      'MALLOC_MMAP_THRESHOLD_',
      'MALLOC_TRIM_THRESHOLD_',
    ]);
    for (const file of ['Dockerfile', 'ecosystem.config.js'])
      expect(settingsIn(readFileSync(path.join(import.meta.dirname, '../..', file), 'utf8'))).toEqual(
        settings,
      );
  });
});
