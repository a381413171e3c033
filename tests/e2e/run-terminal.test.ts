/** What only a terminal or an old Node.js shows: the progress bar, and the refusal to start. */
import { execFile, execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { CLI } from '../support/cli.ts';
import { loadLargeTable } from '../support/hr.ts';
import { reportOf } from './report.ts';
import { openSite, type Site } from './site.ts';
import { regionsSpec } from './specs.ts';

const run = promisify(execFile);

describe('on a terminal', () => {
  let site: Site;
  beforeAll(async () => {
    site = await openSite();
    await loadLargeTable(site.database.connection, 30_000);
  });
  afterAll(() => site.stop());

  /** Runs a shell command with a terminal of its own as stdout and stderr. Returns what was drawn there. */
  async function onTerminal(command: string, cwd: string): Promise<string> {
    const { PATH = '', HOME = '' } = process.env;
    const env = { PATH, HOME, TERM: 'xterm', SHELL: '/bin/sh' };
    const { stdout } = await run('script', ['-qec', command, '/dev/null'], { cwd, env });
    return stdout;
  }

  it('draws rows, megabytes, rate and files, and then says what was written', async () => {
    const place = await site.place();
    const spec = place.writeSpec('events', regionsSpec({ task_name: 'events', table: { name: 'events' } }));
    const command = `'${process.execPath}' '${CLI}' run -s '${spec}' -b 1 --config '${place.configFile}'`;
    const drawn = await onTerminal(command, place.folder);
    expect(drawn).toMatch(/30,000 rows · \d+\.\d MB · \d+\.\d MB\/s · [2-9] files/);
    expect(drawn).toContain('\u001b['); // drawn in place
    expect(drawn).toMatch(/events: 30,000 rows in [2-9] objects/);
    for (const line of [/INFO.* events reading /, /INFO.* events run succeeded/]) expect(drawn).toMatch(line);
    // The command is done with the terminal: what was said last is not drawn over.
    expect(drawn.trimEnd()).toMatch(/events\/_manifest_\d{14}\.json$/);
  });

  it('draws nothing beside a JSON document', async () => {
    const place = await site.place();
    const spec = place.writeSpec('events', regionsSpec({ task_name: 'events', table: { name: 'events' } }));
    const command = `'${process.execPath}' '${CLI}' run -s '${spec}' --json --config '${place.configFile}' 2>/dev/null`;
    const stdout = await onTerminal(command, place.folder);
    expect(reportOf({ code: 0, signal: null, stdout, stderr: '' }).status).toBe('succeeded');
  });
});

describe('on a Node.js that is too old', () => {
  /** A command that runs an old Node.js: the machine's own, or this one under a false version. */
  function oldNode(): string[] {
    const folders = (process.env['PATH'] ?? '')
      .split(':')
      .filter((folder) => !folder.includes('node_modules'));
    for (const file of [...folders, '/usr/bin'].map((folder) => path.join(folder, 'node'))) {
      if (!existsSync(file)) continue;
      const version = execFileSync(file, ['-p', 'process.versions.node'], { encoding: 'utf8' });
      if (Number.parseInt(version, 10) < 22) return [file];
    }
    const pretend =
      "Object.defineProperty(process, 'versions', {value: {...process.versions, node: '20.1.0'}})";
    return [process.execPath, '--import', `data:text/javascript,${encodeURIComponent(pretend)}`];
  }

  it.each([['--version'], ['run'], ['daemon']])(
    'says which one is needed, and ends with exit code 2 (%s)',
    async (arg) => {
      const [file, ...args] = oldNode();
      const failed = await run(file!, [...args, CLI, arg]).catch((error: unknown) => error);
      expect(failed).toMatchObject({
        code: 2,
        stdout: '',
        stderr: expect.stringMatching(/^tidemark needs Node\.js 22\.18 or newer; this is \d+\./) as unknown,
      });
    },
  );
});
