/** Modules as `check` and a plan look at them: where they are, what they export, what they declare. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DeclaredColumns, RowTransform } from '../../../src/domain/spec.ts';
import { transformsIn } from '../../../src/transform/transforms.ts';
import { moduleFolder } from './modules.ts';
import type { ModuleFolder } from './modules.ts';

let modules: ModuleFolder;
beforeAll(() => (modules = moduleFolder()));
afterAll(() => modules.remove());

const NEVER = new AbortController().signal;

function transformOf(module: string, timeoutMs = 20_000): RowTransform {
  return { module, tables: null, columns: null, timeoutMs, memoryMb: 64 };
}

async function inspect(source: string, name = 'm.js', timeoutMs = 20_000): Promise<DeclaredColumns | null> {
  modules.write(name, source);
  return modules.transforms.inspect(transformOf(name, timeoutMs), NEVER);
}

async function fault(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => new Error('expected a fault'),
    (thrown: Error) => thrown,
  );
  return `${(error as { code?: string }).code}: ${error.message}`;
}

const MAPS = 'export const transformRow = (row) => row;\n';

describe('declared columns', () => {
  it('are none, a list, or a list for each table', async () => {
    expect(await inspect(MAPS)).toBeNull();
    expect(
      await inspect(
        `${MAPS}export const columns = [{ name: 'id', type: 'INT', nullable: false }, { name: 'b', type: 'boolean' }];`,
      ),
    ).toEqual([
      { name: 'id', type: 'int', nullable: false },
      { name: 'b', type: 'tinyint(1)', nullable: true },
    ]);
    expect(
      await inspect(`${MAPS}export const columns = { a: [{ name: 'x', type: 'decimal(5, 1)' }] };`),
    ).toEqual({ byTable: { a: [{ name: 'x', type: 'decimal(5,1)', nullable: true }] } });
  });

  it.each([
    ['5', 'm.js exports 5 as columns. Allowed: a list such as'],
    ['[]', 'm.js, columns: found []. Allowed: a list with at least one column.'],
    ['[5]', 'm.js, columns[0]: found 5. Allowed: an object such as {name: "tag"'],
    ["[{ name: 'a' }]", 'm.js, columns[0]: found'],
    ["[{ name: 'a', type: 'it' }]", 'm.js, columns[0].type: found "it". Did you mean "int"?'],
    ["[{ name: 'a', type: 'varchar' }]", 'm.js, columns[0].type: found "varchar". Allowed:'],
    [
      "[{ name: 'a', type: 'int', nullable: 1 }]",
      'm.js, columns[0].nullable: found 1. Allowed: true or false.',
    ],
    [
      "[{ name: 'a', type: 'int', nul: 1 }]",
      'm.js, columns[0].nul: is unknown. Allowed: name, type, nullable.',
    ],
    [
      "[{ name: 'a', type: 'int' }, { name: 'A', type: 'int' }]",
      'm.js, columns[1].name: found "A" a second time. Allowed: each column once.',
    ],
    ["{ t: 'a' }", "m.js, columns.t: found 'a'. Allowed: a list with at least one column."],
  ])('may not be %s', async (columns, message) => {
    expect(await fault(inspect(`${MAPS}export const columns = ${columns};`))).toContain(
      `TRANSFORM_INVALID: ${message}`,
    );
  });
});

it.each([
  ['export const x = 1;', 'm.js exports neither transformRow nor transformBatch, but x. Allowed:'],
  ['export {};', 'm.js exports neither transformRow nor transformBatch, but nothing.'],
  [`${MAPS}export const transformBatch = 5;`, 'm.js exports 5 as transformBatch. Allowed: a function.'],
  [
    `${MAPS}export function transformBatch() {}`,
    'm.js exports transformRow and transformBatch. Allowed: one of',
  ],
  ['throw new Error("at once");', 'm.js:1:7 cannot be loaded: Error: at once'],
  ['const a = 1;\nexport const transformRow = (', 'm.js:2 cannot be loaded: SyntaxError'],
  ['export const transformRow = await 5 6;', 'm.js:1 cannot be loaded: SyntaxError'],
  ['import "./gone.js";', 'm.js cannot be loaded: Error: Cannot find module'],
  ['process.exit(0);', 'm.js failed outside of its functions: it ended its thread with process.exit(0).'],
])('refuses a module of %j', async (source, message) => {
  expect(await fault(inspect(source))).toContain(`TRANSFORM_INVALID: ${message}`);
});

it('says in which limit a module ran while it was loaded', async () => {
  expect(await fault(inspect('while (true);', 'loop.js', 2000))).toContain('TRANSFORM_TIMEOUT');
  expect(await fault(inspect('const a = []; for (;;) a.push([a.length, {}]);', 'fat.js'))).toContain(
    'TRANSFORM_MEMORY',
  );
});

it('takes .ts and .mts with types, CommonJS, modules that import others, and a changed module', async () => {
  modules.write('types.ts', 'export type Row = { id: number };');
  modules.write('help.ts', 'export const twice = (value: number): number => value * 2;');
  const source = `import type { Row } from './types.ts';\nimport { twice } from './help.ts';\nexport const transformRow = (row: Row): Row => ({ id: twice(row.id) });`;
  expect(await inspect(source, 'a.ts')).toBeNull();
  expect(await inspect('export const transformBatch = (rows: object[]) => rows;', 'a.mts')).toBeNull();
  expect(await inspect('exports.transformRow = (row) => row;', 'common.js')).toBeNull();
  expect(await fault(inspect('export {};', 'a.ts'))).toContain('exports neither');
});

describe('the place of a module', () => {
  it('is inside transforms_dir, also behind links', async () => {
    mkdirSync(join(modules.folder, 'sub'));
    modules.write('sub/m.js', MAPS);
    symlinkSync('sub/m.js', join(modules.folder, 'link.js'));
    expect(await modules.transforms.inspect(transformOf('sub/m.js'), NEVER)).toBeNull();
    expect(await modules.transforms.inspect(transformOf('link.js'), NEVER)).toBeNull();
  });

  it('is nowhere else', async () => {
    const other = moduleFolder();
    writeFileSync(join(other.folder, 'm.js'), MAPS);
    symlinkSync(join(other.folder, 'm.js'), join(modules.folder, 'out.js'));
    symlinkSync(other.folder, join(modules.folder, 'outside'));
    for (const module of ['out.js', 'outside/m.js'])
      expect(await fault(modules.transforms.inspect(transformOf(module), NEVER))).toContain(
        `TRANSFORM_INVALID: ${module} is a link that leads out of transforms_dir ${modules.folder}, to ${other.folder}/m.js.`,
      );
    other.remove();
  });

  it('is said where it is not there', async () => {
    modules.write('explode.js', MAPS);
    expect(await fault(modules.transforms.inspect(transformOf('explod.js'), NEVER))).toBe(
      `TRANSFORM_INVALID: transforms_dir ${modules.folder} has no explod.js. Did you mean "explode.js"?`,
    );
    mkdirSync(join(modules.folder, 'folder.js'));
    expect(await fault(modules.transforms.inspect(transformOf('folder.js'), NEVER))).toContain(
      'is not a file',
    );
    expect(await fault(transformsIn('/nowhere').inspect(transformOf('a.js'), NEVER))).toBe(
      'TRANSFORM_INVALID: transforms_dir /nowhere cannot be read, so a.js is not in it.',
    );
  });
});

it('can be aborted', async () => {
  modules.write('wait.js', 'await new Promise(() => {});');
  const abort = new AbortController();
  const inspected = modules.transforms.inspect(transformOf('wait.js'), abort.signal);
  abort.abort(new Error('interrupted'));
  await expect(inspected).rejects.toThrow('interrupted');
});
