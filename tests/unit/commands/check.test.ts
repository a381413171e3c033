/** `tidemark check` without a connection: what it sees beside the faults of each file. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { main } from '../../../src/commands/program.ts';
import { CONFIG, SPEC, captured, folder, write } from './folder.ts';

interface Document {
  readonly ok: boolean;
  readonly specs: number;
  readonly faults: readonly { readonly file: string; readonly path: string; readonly message: string }[];
  readonly findings: readonly Readonly<Record<string, unknown>>[];
}

/** A specs folder of its own with these files, and what `check` says with it. */
function site(name: string, files: Readonly<Record<string, unknown>>) {
  const specs = join(folder, name);
  mkdirSync(specs);
  for (const [file, spec] of Object.entries(files)) {
    writeFileSync(join(specs, file), typeof spec === 'string' ? spec : JSON.stringify(spec));
  }
  const config = write(`${name}.conf`, { ...CONFIG, specs_dir: specs });
  const check = (...argv: string[]) =>
    captured(() => main(['node', 'tidemark', 'check', '--config', config, ...argv]));
  return {
    path: (file: string) => join(specs, file),
    check,
    async json(...argv: string[]) {
      const { code, stdout } = await check('--json', ...argv);
      return { code, document: JSON.parse(stdout) as Document };
    },
  };
}

const watermark = (initial: unknown) => ({
  ...SPEC,
  table: { name: 'orders', cdc: { order_id: { mode: 'watermark', initial } } },
});

describe('a watermark that begins at a number', () => {
  it('is a warning that says what to use, and no fault', async () => {
    const { check, json, path } = site('numbers', { 'a.json': watermark(1000) });
    const { code, document } = await json();
    expect([code, document.ok, document.faults]).toEqual([0, true, []]);
    expect(document.findings).toEqual([
      {
        severity: 'warning',
        code: 'WATERMARK_INTEGER',
        scope: 'spec',
        name: null,
        tasks: ['staff'],
        places: [{ file: path('a.json'), line: 1, column: expect.any(Number), path: 'table.cdc.order_id' }],
        message: expect.stringContaining('"order_id" of table "orders"'),
        remedy: expect.stringContaining('updated_at TIMESTAMP(6)'),
        remedy_kind: 'words',
      },
    ]);
    const text = await check();
    expect(text.code).toBe(0);
    expect(text.stdout).toMatch(
      /^specs\n {2}warning {2}WATERMARK_INTEGER: the watermark "order_id".*\n +\S+a\.json:1:\d+ table\.cdc\.order_id\n +Use an indexed column/,
    );
    expect(text.stdout).toContain('1 spec and the config are valid.');
  });

  it('is the only one that is warned of', async () => {
    const { document } = await site('times', { 'a.json': watermark('2024-01-01') }).json();
    expect(document.findings).toEqual([]);
  });
});

describe('a named file', () => {
  const other = { ...SPEC, task_name: 'other' };

  it('is held against the task names of the folder, also of files that have faults', async () => {
    const here = site('beside', {
      'a.json': SPEC,
      'b.json': SPEC,
      'c.json': { ...other, owner: null },
      'd.json': other,
      'e.json': '{',
    });
    const first = await here.json(here.path('a.json'));
    expect([first.code, first.document.specs]).toEqual([2, 1]);
    expect(first.document.faults).toEqual([
      expect.objectContaining({
        file: here.path('a.json'),
        path: 'task_name',
        message: expect.stringContaining(`"staff", which ${here.path('b.json')} already uses`),
      }),
    ]);
    const second = await here.json(here.path('d.json'));
    expect(second.document.faults.map(({ file }) => file)).toEqual([here.path('d.json')]);
    expect(second.document.faults[0]!.message).toContain(here.path('c.json'));
  });

  it('is not held against itself, however it is named', async () => {
    const here = site('itself', { 'a.json': SPEC, 'd.json': other, 'e.json': '{' });
    symlinkSync(here.path('a.json'), join(folder, 'link.conf'));
    const names = [here.path('a.json'), here.path('../itself/a.json'), join(folder, 'link.conf')];
    const { code, document } = await here.json(...names);
    expect([code, document.specs, document.faults]).toEqual([0, 1, []]);
  });

  it('passes over what is no readable file in the folder', async () => {
    const here = site('unreadable', { 'a.json': SPEC });
    mkdirSync(here.path('folder.json'));
    symlinkSync(here.path('gone'), here.path('link.json'));
    expect((await here.json(here.path('a.json'))).code).toBe(0);
  });

  it('needs no folder', async () => {
    const spec = write('alone.conf', SPEC);
    const config = write('nowhere.conf', { ...CONFIG, specs_dir: join(folder, 'nowhere') });
    const { code } = await captured(() => main(['node', 'tidemark', 'check', '--config', config, spec]));
    expect(code).toBe(0);
  });
});
