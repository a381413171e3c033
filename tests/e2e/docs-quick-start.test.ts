/** docs/quick-start.md, followed: its SQL, its files and its commands, as they stand there, and what they say. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { CLI, startTidemark } from '../support/cli.ts';
import { blocksIn, pageOf, type Block } from '../support/markdown.ts';
import { waitFor } from '../support/wait-for.ts';
import { openSite, type Place, type Site } from './site.ts';

const page = pageOf('docs/quick-start.md');
const ROOT = path.resolve(path.dirname(CLI), '..');
const ACCOUNT = `quick_start_${process.pid}`;
let site: Site;
let place: Place;

beforeAll(async () => {
  site = await openSite();
  place = await site.place();
  mkdirSync(place.path('home'));
  symlinkSync(place.folder, place.path('home/exports'));
});
afterAll(async () => {
  await site.database.connection.query(`DROP USER IF EXISTS ${ACCOUNT}@'%'`);
  await site.stop();
});

/** The page's names are those of this test: its database, user, bucket and port. */
function here(text: string): string {
  return text
    .replace(/^CREATE DATABASE shop;$/m, '')
    .replaceAll('shop.', `${site.database.name}.`)
    .replaceAll("'tidemark'@", `'${ACCOUNT}'@`)
    .replaceAll(/AWS_(\w+)=…/g, (_, name: string) => `AWS_${name}=${quoted(keys()[name]!)}`)
    .replaceAll('localhost:9464', '127.0.0.1:9464')
    .replaceAll('127.0.0.1:9464', `127.0.0.1:${place.httpPort}`);
}

function block(language: string, beginning: string): Block {
  const found = blocksIn(page, language).filter(({ text }) => text.startsWith(beginning));
  if (found.length !== 1) throw new Error(`${found.length} blocks of ${language} begin with ${beginning}`);
  return found[0]!;
}

const keys = (): Record<string, string> => ({
  ACCESS_KEY_ID: site.s3.credentials.accessKeyId,
  SECRET_ACCESS_KEY: site.s3.credentials.secretAccessKey,
});
const quoted = (text: string): string => `'${text}'`;

/** What has been typed before: the alias, the way into the folder, and the environment. */
function typed(): string {
  const alias = block('sh', 'git clone').text.split('\n').at(-1)!;
  expect(alias).toMatch(/^alias tidemark=/);
  const blocks = [alias, block('sh', 'mkdir -p').text, block('sh', 'export').text];
  return ['set -euo pipefail', 'shopt -s expand_aliases', ...blocks].join('\n');
}

/** Runs a block of the page. What the page shows behind it, line by line, is in what was said. */
async function follow(beginning: string): Promise<string> {
  const command = block('sh', beginning);
  const { said, code } = await bash(here(`${typed()}\n${command.text}`));
  expect({ said, code }).toEqual({ said, code: 0 });
  const next = page.blocks[page.blocks.indexOf(command) + 1];
  const shown = next?.language === 'text' ? next.text.split('\n') : [];
  expect({ said, missing: shown.filter((line) => !said.includes(line)) }).toEqual({ said, missing: [] });
  return said;
}

/** Begins where the page does: in the clone, with what a newcomer has. */
async function bash(script: string): Promise<{ said: string; code: number | null }> {
  const PATH = `${path.dirname(process.execPath)}:${process.env['PATH']}`;
  const env = { PATH, HOME: place.path('home'), TIDEMARK_HTTP__PORT: String(place.httpPort) };
  const child = spawn('bash', ['-c', script], { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return { said, code };
}

async function sql(beginning: string): Promise<void> {
  await site.database.connection.query(here(block('sql', beginning).text));
}

it('comes from an empty folder to a schedule', async () => {
  await sql('CREATE DATABASE shop');

  const config = JSON.parse(block('json', '{\n  "sources"').text) as {
    sources: { mysql: object };
    sinks: { s3: object };
  };
  const { host, port, name } = site.database;
  const { endpoint, region } = site.s3;
  Object.assign(config.sources.mysql, { host, port, database: name, user: ACCOUNT });
  Object.assign(config.sinks.s3, { bucket: place.bucket, endpoint, region, force_path_style: true });
  writeFileSync(place.configFile, JSON.stringify(config));
  const spec = blocksIn(page, 'json').find(({ text }) => text.includes('"task_name"'));
  place.writeSpec('orders', spec!.text);

  await follow('tidemark check --connect');
  await follow('tidemark plan');
  await follow('tidemark run');
  const key = (await place.keys()).find((one) => /^orders\/orders_\d{14}\.csv$/.test(one));
  const [csv] = blocksIn(page, 'csv');
  expect(await place.text(key!)).toBe(`${csv!.text}\n`);
  await follow('tidemark verify');

  await sql('INSERT INTO shop.orders (customer, total) VALUES');
  await follow('sleep 6');

  const [, ...args] = block('sh', 'tidemark daemon').text.split(' ');
  const { said: environment } = await bash(here(`${typed()}\nenv`));
  const daemon = startTidemark(args, { cwd: place.folder, env: variables(environment) });
  await waitFor('the daemon', async () => {
    const answer = await fetch(`http://127.0.0.1:${place.httpPort}/readyz`).catch(() => null);
    return answer?.status === 200 ? answer : null;
  });
  await follow('tidemark status');
  expect((await daemon.stop()).code).toBe(0);
});

/** What `env` prints. */
function variables(text: string): Record<string, string> {
  return Object.fromEntries([...text.matchAll(/^(\w+)=(.*)$/gm)].map(([, name, value]) => [name, value]));
}

it('begins with a lock file that npm ci accepts', async () => {
  const install = block('sh', 'git clone').text;
  expect(install).toContain('\nnpm ci && npm run build\n');
  const { said, code } = await bash('npm ci --dry-run --offline --loglevel=error');
  expect({ said, code }).toEqual({ said, code: 0 });
});
