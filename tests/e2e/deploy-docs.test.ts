/** The documentation names what exists: pages and their headings, files, npm scripts, commands. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { tidemark } from '../support/cli.ts';
import { allPages, anchorsOf, linksOf, pageOf, ROOT } from '../support/markdown.ts';

const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');
const pages = allPages().map(({ file }) => file);

it.each(pages)('%s links to files that exist, and to headings that they have', (page) => {
  const wrong = linksOf(pageOf(page))
    .filter((link) => !/^[a-z]+:/.test(link))
    .filter((link) => {
      const [file = '', anchor] = link.split('#') as [string?, string?];
      const target = file === '' ? page : path.join(path.dirname(page), file);
      if (!existsSync(path.join(ROOT, target))) return true;
      return anchor !== undefined && !anchorsOf(pageOf(target)).has(anchor);
    });
  expect(wrong).toEqual([]);
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
