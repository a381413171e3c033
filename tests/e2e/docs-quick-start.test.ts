/** docs/quick-start.md, followed: its SQL, its files and its commands, as they stand there, and what they say. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { CLI, startTidemark } from '../support/cli.ts';
import { blocksIn, pageOf, type Block } from '../support/markdown.ts';
import { waitFor } from '../support/wait-for.ts';
import { openSite, type Place, type Site } from './site.ts';

const page = pageOf('docs/quick-start.md');
const ACCOUNT = `quick_start_${process.pid}`;
let site: Site;
let place: Place;

beforeAll(async () => {
  site = await openSite();
  place = await site.place();
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
    .replaceAll('localhost:9464', '127.0.0.1:9464')
    .replaceAll('127.0.0.1:9464', `127.0.0.1:${place.httpPort}`);
}

function block(language: string, beginning: string): Block {
  const found = blocksIn(page, language).filter(({ text }) => text.startsWith(beginning));
  if (found.length !== 1) throw new Error(`${found.length} blocks of ${language} begin with ${beginning}`);
  return found[0]!;
}

const environment = (): Record<string, string> => ({
  TIDEMARK_CONFIG: place.configFile,
  TIDEMARK_HTTP__PORT: String(place.httpPort),
  MYSQL_PASSWORD: 'choose-a-password',
  AWS_ACCESS_KEY_ID: site.s3.credentials.accessKeyId,
  AWS_SECRET_ACCESS_KEY: site.s3.credentials.secretAccessKey,
});

/** Runs a block of the page. What the page shows behind it, line by line, is in what was said. */
async function follow(beginning: string): Promise<string> {
  const command = block('sh', beginning);
  const script = `set -euo pipefail\ntidemark() { "$NODE" "$CLI" "$@"; }\n${here(command.text)}`;
  const { PATH, HOME } = process.env;
  const env = { PATH, HOME, NODE: process.execPath, CLI, ...environment() };
  const { said, code } = await bash(script, env);
  expect({ said, code }).toEqual({ said, code: 0 });
  const next = page.blocks[page.blocks.indexOf(command) + 1];
  const shown = next?.language === 'text' ? next.text.split('\n') : [];
  expect({ said, missing: shown.filter((line) => !said.includes(line)) }).toEqual({ said, missing: [] });
  return said;
}

async function bash(script: string, env: NodeJS.ProcessEnv): Promise<{ said: string; code: number | null }> {
  const child = spawn('bash', ['-c', script], { cwd: place.folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
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
  const daemon = startTidemark(args, { cwd: place.folder, env: environment() });
  await waitFor('the daemon', async () => {
    const answer = await fetch(`http://127.0.0.1:${place.httpPort}/readyz`).catch(() => null);
    return answer?.status === 200 ? answer : null;
  });
  await follow('tidemark status');
  expect((await daemon.stop()).code).toBe(0);
});
