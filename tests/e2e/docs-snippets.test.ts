/** What the documentation shows can be taken as it stands: JSON that parses and is accepted, commands that exist. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { loadConfig } from '../../src/config/load.ts';
import { configSchema } from '../../src/config/schema.ts';
import { FaultsError, formatFault } from '../../src/errors.ts';
import { parseSpec } from '../../src/spec/parse.ts';
import { specSchema } from '../../src/spec/schema.ts';
import { tidemark } from '../support/cli.ts';
import { allPages, blocksIn, codeSpans, ROOT, type Page } from '../support/markdown.ts';

type Values = Record<string, unknown>;

const folder = mkdtempSync(path.join(tmpdir(), 'tidemark-docs-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What a password or a key of an example stands for. */
const SECRET = 'a-secret-of-many-letters';

/** What a variable of an example stands for. */
function valueOf(name: string): string {
  if (name === 'REDIS_URL') return `rediss://:${SECRET}@redis.example.com:6379`;
  return name.endsWith('_URL') ? `https://example.com/${SECRET}` : SECRET;
}

/** JSON that is neither a spec nor a config, by a key that it has. */
const OTHERS = new Set([
  'mysql_type',
  'schema_changes',
  'Statement',
  'entries',
  'error',
  'findings',
  'run_id',
]);

const pages = allPages().map((page): [string, Page] => [page.file, page]);

describe.each(pages)('%s', (_file, page) => {
  it('has JSON that parses, and of specs and configs is accepted', () => {
    expect(
      blocksIn(page, 'json').flatMap(({ text, line }) => faultsOf(text, `${page.file}:${line}`)),
    ).toEqual([]);
  });
});

/** A block may be a part, `"key": …` without the braces around it. */
function faultsOf(text: string, where: string): string[] {
  let value: Values;
  try {
    value = JSON.parse(/^\s*"/.test(text) ? `{${text}}` : text) as Values;
  } catch (error) {
    return [`${where}: ${(error as Error).message}`];
  }
  if (Array.isArray(value)) return [];
  const keys = Object.keys(value);
  if (keys.some((key) => OTHERS.has(key))) return [];
  if (keys.every((key) => Object.hasOwn(specSchema.properties, key))) return specFaults(value, where);
  if (keys.every((key) => Object.hasOwn(configSchema.properties, key))) return configFaults(value, where);
  return [`${where}: neither a spec nor a config has the keys ${keys.join(', ')}`];
}

/** Of a part of a spec, the rest is filled in. */
function specFaults(part: Values, where: string): string[] {
  const custom = (part['query'] as { custom?: string } | undefined)?.custom ?? null;
  const { tables = ['people'] } = (part['row_transform'] ?? {}) as { tables?: string[] };
  const rest = {
    task_name: 'documented',
    ...(custom === null ? { table: tables.map((name) => ({ name })) } : {}),
    owner: { email: 'owner@example.com' },
    source: 'mysql',
    sink: 's3',
  };
  return attempt(() => parseSpec(JSON.stringify({ ...rest, ...part }), where));
}

function configFaults(part: Values, where: string): string[] {
  const rest = {
    sources: { mysql: { user: 'tidemark', database: 'hr' } },
    sinks: { s3: { bucket: 'exports', region: 'eu-west-1' } },
  };
  const secret = path.join(folder, 'secret');
  writeFileSync(secret, 'swordfish');
  const text = JSON.stringify({ ...rest, ...part }).replace(/\$\{file:[^}]+\}/g, `\${file:${secret}}`);
  const env = Object.fromEntries(
    [...text.matchAll(/\$\{([A-Z][A-Z0-9_]*)\}/g)].map((match) => [match[1]!, valueOf(match[1]!)]),
  );
  const file = path.join(folder, 'config.json');
  writeFileSync(file, text);
  return attempt(() => loadConfig({ file, env })).map((fault) => fault.replace(file, where));
}

function attempt(action: () => unknown): string[] {
  try {
    action();
    return [];
  } catch (error) {
    return error instanceof FaultsError ? error.faults.map(formatFault) : [String(error)];
  }
}

describe('commands', () => {
  /** By command, `watermark set`: its options as `--help` has them. */
  const options = new Map<string, Set<string>>();

  beforeAll(async () => {
    for (const name of await subcommands([])) {
      const below = await subcommands([name]);
      for (const words of below.length > 0 ? below.map((one) => [name, one]) : [[name]]) {
        const { stdout } = await tidemark([...words, '--help'], { cwd: ROOT });
        const found = [...stdout.matchAll(/(?<=^ {2}(?:-\w, )?| )--?[a-z][a-z-]*/gim)].map(
          (match) => match[0],
        );
        options.set(words.join(' '), new Set([...found, '-h', '--help']));
      }
    }
  });

  async function subcommands(words: readonly string[]): Promise<string[]> {
    const { stdout } = await tidemark([...words, '--help'], { cwd: ROOT });
    const [, list] = stdout.split(/^Commands:$/m);
    return [...(list ?? '').matchAll(/^ {2}([a-z]+)/gm)]
      .map((match) => match[1]!)
      .filter((name) => name !== 'help');
  }

  it('are those that there are, with options that they have', () => {
    const named = pages.flatMap(([file, page]) => commandsIn(page).map((words) => ({ file, words })));
    expect(named.length).toBeGreaterThan(50);
    const wrong = named.flatMap(({ file, words }) => {
      const [first = '', second = ''] = words;
      if (first.startsWith('-'))
        return ['--help', '--version'].includes(first) ? [] : [`${file}: ${words.join(' ')}`];
      const known = options.get(`${first} ${second}`) ?? options.get(first);
      const isParent = [...options.keys()].some((name) => name.startsWith(`${first} `));
      if (known === undefined && isParent && second === '') return [];
      if (known === undefined) return [`${file}: there is no tidemark ${first} ${second}`];
      const unknown = words.flatMap(optionOf).filter((option) => !known.has(option));
      return unknown.map((option) => `${file}: tidemark ${first} has no ${option}`);
    });
    expect(wrong).toEqual([]);
  });
});

function optionOf(word: string): string[] {
  const long = /^--[a-z][a-z-]*/.exec(word);
  return long === null ? (/^-[a-zA-Z]/.exec(word) ?? []).slice(0, 1) : [long[0]];
}

/** The words behind `tidemark`, of every command in code: up to what ends a command in a shell, or a quote does. */
function commandsIn(page: Page): string[][] {
  const lines = [
    ...codeSpans(page),
    ...page.blocks.flatMap(({ text }) => text.replaceAll('\\\n', ' ').split('\n')),
  ];
  return lines.flatMap((line) =>
    [...line.matchAll(/(?<![\w/.'"-])(?:tidemark|node dist\/main\.js) +(?=-|[a-z])(?!tidemark)([^;|&#>]*)/g)]
      .map((match) =>
        match[1]!
          .split(/[\s"'`…[\]]+/)
          .map((word) => word.replace(/[.,:]+$/, ''))
          .filter((word) => word !== ''),
      )
      .filter((words) => words.length > 0),
  );
}
