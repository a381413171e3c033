/** The documentation names what exists: files, npm scripts, commands. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { tidemark } from '../support/cli.ts';

const ROOT = path.join(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');
const pages = globSync(['*.md', 'docs/**/*.md'], { cwd: ROOT });

it.each(pages)('%s links to files that exist', (page) => {
  const links = [...read(page).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map((match) => match[1]!);
  const missing = links
    .filter((link) => !/^[a-z]+:/.test(link))
    .filter((link) => !existsSync(path.join(ROOT, path.dirname(page), link)));
  expect(missing).toEqual([]);
});

it('names npm scripts that exist', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  const named = pages.flatMap((page) =>
    [...read(page).matchAll(/\bnpm run ([a-z:]+)/g)].map((match) => match[1]!),
  );
  expect(named).toContain('demo');
  expect(named.filter((name) => !Object.hasOwn(scripts, name))).toEqual([]);
});

it('has every command in the table of README.md', async () => {
  const { stdout } = await tidemark(['--help'], { cwd: ROOT });
  const commands = [...stdout.matchAll(/^ {2}([a-z]+) /gm)]
    .map((match) => match[1]!)
    .filter((name) => name !== 'help');
  const described = [...read('README.md').matchAll(/^\| `tidemark ([a-z]+)/gm)].map((match) => match[1]!);
  expect(described.toSorted()).toEqual(commands.toSorted());
});

it('shows folders of src that exist, all of them', () => {
  const layout = read('README.md').match(/```text\nsrc\/\n([^]*?)```/)![1]!;
  const shown = [...layout.matchAll(/(?<![\w/])([a-z0-9/]+)\/(?=\s)/g)].map(
    (match) => match[1]!.split('/')[0]!,
  );
  const folders = globSync('src/*/', { cwd: ROOT }).map((folder) => path.basename(folder));
  expect(folders.filter((folder) => !shown.includes(folder))).toEqual([]);
  const sources = shown.slice(0, shown.indexOf('tests'));
  expect(sources.filter((folder) => !folders.includes(folder))).toEqual([]);
});
