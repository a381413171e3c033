/**
 * Pictures of the status pages with a week of sample work: light and dark, on a desktop and on a phone. Look at them
 * after a change in src/http.
 *
 *     node scripts/page-pictures.ts [FOLDER]      default: a folder in the temporary one
 *     node scripts/page-pictures.ts --docs        the two of docs/status-page.md and README.md
 *
 * It needs Chromium: /usr/bin/chromium, or what CHROMIUM names.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startHttp } from '../src/http/server.ts';
import { openBrowser } from '../tests/support/browser.ts';
import { samplePages } from '../tests/support/sample-pages.ts';

const TOKEN = 'only-for-these-pictures';
const { pages, live } = samplePages(new Date());
const server = await startHttp({
  host: '127.0.0.1',
  port: 0,
  allowed_hosts: [],
  token: TOKEN,
  act: () => {},
  notReady: () => null,
  metrics: () => Promise.resolve(''),
  tasks: () => null,
  runs: () => ({ runs: [] }),
  pages,
  live: { running: () => live, version: () => '1-0', onChange: () => () => {} },
  log: { debug: () => {}, info: () => {}, warn: () => {}, error: console.error },
});
const url = `http://127.0.0.1:${server.port}`;
const browser = await openBrowser();

const desktop = { width: 1180, height: 900 };
const phone = { width: 375, height: 812 };
const failed = pages.task('payments')!.task.view.last_run!.run_id;
const PICTURES = {
  light: { path: '/', viewport: desktop, colorScheme: 'light' },
  dark: { path: '/', viewport: desktop, colorScheme: 'dark' },
  phone: { path: '/', viewport: phone, colorScheme: 'light' },
  'phone-dark': { path: '/tasks/orders', viewport: phone, colorScheme: 'dark' },
  task: { path: '/tasks/orders', viewport: desktop, colorScheme: 'light' },
  'task-dark': { path: '/tasks/orders', viewport: desktop, colorScheme: 'dark' },
  failure: { path: `/runs/${failed}`, viewport: desktop, colorScheme: 'light' },
  'signed-in': { path: '/', viewport: desktop, colorScheme: 'light' },
  'sign-in': { path: '/login', viewport: desktop, colorScheme: 'light' },
} as const;
const DOCS: Readonly<Record<string, string>> = { light: 'status-page.png', 'task-dark': 'task-page.png' };

const forDocs = process.argv[2] === '--docs';
const folder = forDocs
  ? join(import.meta.dirname, '../docs/pictures')
  : (process.argv[2] ?? join(tmpdir(), 'tidemark-pages'));
mkdirSync(folder, { recursive: true });
for (const [name, { path, ...look }] of Object.entries(PICTURES)) {
  if (forDocs && DOCS[name] === undefined) continue;
  const page = await browser.open(`${url}${path}`, { ...look, reducedMotion: 'reduce' });
  if (name === 'signed-in') {
    await page.goto(`${url}/login`);
    await page.getByLabel('Your name').fill('Noor Haddad');
    await page.getByLabel('Token').fill(TOKEN);
    await page.getByRole('button', { name: 'Sign in' }).click();
  }
  if (path.startsWith('/tasks/')) await page.locator('.u-over').first().waitFor();
  const file = join(folder, DOCS[name] !== undefined && forDocs ? DOCS[name] : `${name}.png`);
  writeFileSync(file, await page.screenshot({ fullPage: !forDocs }));
  process.stdout.write(`${file}\n`);
  await page.context().close();
}
for (const offence of browser.offences()) process.stderr.write(`${offence}\n`);
await browser.close();
await server.close();
