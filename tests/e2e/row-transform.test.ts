/** The built CLI and the daemon with a module in `transforms_dir`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { NOTHING, openSite, type Place, type Site } from './site.ts';
import { regionsSpec } from './specs.ts';

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.stop());

async function placeWith(modules: Readonly<Record<string, string>>): Promise<Place> {
  const place = await site.place();
  mkdirSync(place.path('transforms'));
  for (const [name, source] of Object.entries(modules)) writeFileSync(place.path('transforms', name), source);
  return place;
}

const LETTERS = `export const columns = [
  { name: 'region_id', type: 'int', nullable: false },
  { name: 'letter', type: 'char(1)' },
];
interface Region { region_id: number; region_name: string }
export function transformRow({ region_id, region_name }: Region, ctx: { log(message: string): void }) {
  ctx.log(\`letters of \${region_name}\`);
  console.log('also this');
  return [...region_name].slice(0, 2).map((letter) => ({ region_id, letter }));
}
`;

it('maps rows in a TypeScript module, with nothing of it on stdout', async () => {
  const place = await placeWith({ 'letters.ts': LETTERS });
  const spec = place.writeSpec('regions', { ...regionsSpec(), row_transform: 'letters.ts' });
  const plan = JSON.parse((await place.tidemark('plan', '-s', spec, '--json')).stdout) as {
    tables: { columns: { name: string }[] }[];
  };
  expect(plan.tables[0]!.columns.map(({ name }) => name)).toEqual(['region_id', 'letter']);

  const run = await place.tidemark('run', '-s', spec, '--json');
  expect(run).toMatchObject({ code: 0 });
  const report = JSON.parse(run.stdout) as { files: { key: string }[] };
  const text = await place.text(report.files[0]!.key);
  expect(text.split('\n').slice(0, 3)).toEqual(['region_id,letter', '1,N', '1,o']);
  expect(run.stderr).toMatch(/letters of N.*table=regions/);
  expect(run.stderr).toContain('also this');
});

it('finds out by check what is wrong with a module, at the line of the spec', async () => {
  const place = await placeWith({ 'broken.ts': 'export const transformRow = 5;\n' });
  const spec = place.writeSpec(
    'regions',
    JSON.stringify({ ...regionsSpec(), row_transform: { module: 'broken.ts' } }, null, 1),
  );
  const { code, stdout } = await place.tidemark('check', '--json');
  expect(code).toBe(2);
  const line =
    place
      .read('specs', 'regions.json')
      .split('\n')
      .findIndex((text) => text.includes('broken.ts')) + 1;
  expect(JSON.parse(stdout)).toMatchObject({
    ok: false,
    faults: [
      {
        file: spec,
        line,
        path: 'row_transform',
        message: 'broken.ts exports 5 as transformRow. Allowed: a function.',
      },
    ],
  });
  writeFileSync(place.path('transforms', 'broken.ts'), 'export const transformRow = (row: object) => row;\n');
  expect((await place.tidemark('check')).code).toBe(0);
});

it('outlives modules that end their process, take all memory, or never return', async () => {
  const place = await placeWith({
    'exit.js': 'export const transformRow = () => process.exit(0);',
    'memory.js':
      'export const transformRow = () => { const all = []; for (;;) all.push({ at: [all.length] }); };',
    'loop.js': 'export const transformRow = () => { for (;;); };',
  });
  const daemon = place.start('daemon');
  await daemon.waitForLine(/daemon runs/);
  const soon = '* * * * * *';
  // Only what never returns is ended for its time: the others may take theirs, beside it.
  for (const [name, timeout] of [
    ['exit', '1 minute'],
    ['memory', '1 minute'],
    ['loop', '2 seconds'],
  ]) {
    place.writeSpec(name!, {
      ...regionsSpec(),
      task_name: name,
      schedule: soon,
      retries: 0,
      row_transform: { module: `${name}.js`, timeout, memory_mb: 48 },
    });
  }
  await Promise.all([
    daemon.waitForLine(/ exit run failed.*code=TRANSFORM_FAILED/),
    daemon.waitForLine(/ memory run failed.*code=TRANSFORM_MEMORY/),
    daemon.waitForLine(/ loop run failed.*code=TRANSFORM_TIMEOUT/),
  ]);
  const { code } = await daemon.stop();
  expect(code).toBe(0);
  expect(await place.remains()).toEqual(NOTHING);
});
