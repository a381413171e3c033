/** The command line: exit codes, and where things are said. */
import { join } from 'node:path';
import { main } from '../../../src/commands/program.ts';
import { CONFIG, SPEC, captured, folder, write } from './folder.ts';
import type { Written } from './folder.ts';

const config = write('config.conf', CONFIG);
const good = write('good.json', SPEC);

const tidemark = (...argv: string[]): Promise<Written> => captured(() => main(['node', 'tidemark', ...argv]));

it('says its version', async () => {
  expect(await tidemark('--version')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
  });
});

it('helps on stdout', async () => {
  const { code, stdout } = await tidemark('--help');
  expect(code).toBe(0);
  for (const command of ['daemon', 'run', 'plan', 'check']) expect(stdout).toContain(command);
});

it.each([[['nonsense']], [['run', '--nonsense']], [['run', '--spec']], [['plan', 'a', 'b']]])(
  'refuses %j',
  async (argv) => {
    const { code, stdout, stderr } = await tidemark(...argv);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/error: |Usage/);
  },
);

it('answers in JSON where JSON was asked for', async () => {
  const { code, stdout } = await tidemark('run', '--json', '--nonsense');
  expect(code).toBe(2);
  expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'USAGE', retryable: false } });
});

it('says what is wrong with a config, and in JSON', async () => {
  const missing = await tidemark('check', '--json', '--config', join(folder, 'nowhere.conf'));
  expect(missing.code).toBe(2);
  expect(JSON.parse(missing.stdout)).toMatchObject({ error: { code: 'CONFIG_INVALID' } });
  expect(missing.stderr).toContain('there is no such file');
});

describe('check', () => {
  it('passes what is valid', async () => {
    const { code, stdout } = await tidemark('check', '--config', config, good);
    expect(code).toBe(0);
    expect(stdout).toContain('1 spec and the config are valid');
  });

  it('lists every fault of every file, with its place', async () => {
    const bad = write('bad.json', { ...SPEC, task_name: '../x', tabel: 1 });
    const broken = write('broken.json', '{');
    const missing = join(folder, 'missing.json');
    const { code, stdout } = await tidemark('check', '--config', config, good, bad, broken, missing);
    expect(code).toBe(2);
    for (const file of [bad, broken, missing]) expect(stdout).toContain(`${file}:1:`);
    expect(stdout).toContain('task_name');
    expect(stdout).toContain('Did you mean "table"');
    expect(stdout).toContain('3 of 4 specs are not valid');
  });

  it('finds two specs of one task', async () => {
    const twin = write('twin.json', SPEC);
    const { code, stdout } = await tidemark('check', '--config', config, '--json', good, twin);
    expect(code).toBe(2);
    const document = JSON.parse(stdout) as { ok: boolean; specs: number; faults: { path: string }[] };
    expect(document).toMatchObject({ ok: false, specs: 2 });
    expect(document.faults.map(({ path }) => path)).toContain('task_name');
  });

  it('shows no secret', async () => {
    const { stdout, stderr } = await tidemark('check', '--config', config, '--json', good);
    expect(stdout + stderr).not.toContain('hunter2');
  });
});
