/**
 * Markup and line breaks in every field that a spec author, a row or a request can fill: on pages, in mails, in messages
 * to a chat and in logs they are text.
 */
import { writeFileSync } from 'node:fs';
import type { ParsedMail } from 'mailparser';
import { startChatService, type ChatService } from '../support/webhook.ts';
import { waitFor } from '../support/wait-for.ts';
import { openSite, type Place, type Site } from './site.ts';
import { mailsAbout } from './mail.ts';

/** Runs as a script, or ends an element, an attribute or a script, wherever it is not escaped. */
const TAG = `</pre></script>"'><script>alert(1)</script><img src=x onerror=alert(1)>`;
const TOKEN = 'a-token-for-this-test-only';
/** In the name of a file, where a slash cannot be: also a line of its own in a header. */
const FILE = `"'><img src=x onerror=alert(1)>\r\nBcc: victim@example.com\r\n.json`;

let site: Site;
let chat: ChatService;
let place: Place;
let origin: string;
const pages = new Map<string, { headers: Headers; body: string }>();

beforeAll(async () => {
  site = await openSite();
  chat = await startChatService();
  const column = `a${TAG}`.replaceAll('`', '');
  await site.database.connection.query(`
    CREATE TABLE hostile (id INT PRIMARY KEY, \`${column.slice(0, 60)}\` TEXT);
    INSERT INTO hostile VALUES (1, ${site.database.connection.escape(`=1+1${TAG}\r\nsecond line`)})`);
  place = await site.place({
    env: { TIDEMARK_HTTP__TOKEN: TOKEN },
    config: { notify: { webhook: { url: chat.url } } },
  });
  origin = `http://127.0.0.1:${place.httpPort}`;
});
afterAll(async () => {
  await site.stop();
  await chat.stop();
});

async function get(page: string, headers: Readonly<Record<string, string>> = {}): Promise<string> {
  const answer = await fetch(`${origin}${page}`, { headers, redirect: 'manual' });
  const body = await answer.text();
  pages.set(page, { headers: answer.headers, body });
  return body;
}

/** Tags of the payload that are tags. Within an attribute they would have ended it first, by a quote that was not escaped. */
function tagsIn(html: string): string[] {
  return [...html.matchAll(/<script>alert|<img src=x|<\/pre><\/script>|<b>bold/g)].map((match) => match[0]);
}

const COMMON = {
  source: 'mysql',
  sink: 's3',
  retries: 0,
  owner: { name: `Eve ${TAG}`, email: 'eve@example.com' },
};

it('shows what a spec, a row and a file name hold as text, on every page', async () => {
  place.writeSpec('rows', { ...COMMON, task_name: 'rows', table: { name: 'hostile' } });
  place.writeSpec('query', {
    ...COMMON,
    task_name: 'query',
    query: { custom: `SELECT ${site.database.connection.escape(TAG)} AS \`<b>bold\`` },
  });
  place.writeSpec('failing', {
    ...COMMON,
    task_name: 'failing',
    table: { name: TAG.slice(0, 60), columns: [TAG.slice(0, 60)] },
  });
  writeFileSync(place.path('specs', FILE), `{ "task_name": "${TAG.replaceAll('"', '')}", "tabel": 1 }`);
  for (const [task, code] of [
    ['rows', 0],
    ['query', 0],
    ['failing', 1],
  ] as const)
    expect([task, (await place.tidemark('run', '-s', place.path('specs', `${task}.json`))).code]).toEqual([
      task,
      code,
    ]);

  const daemon = place.start('daemon');
  await waitFor('the daemon', async () => {
    const answer = await fetch(`${origin}/readyz`).catch(() => null);
    return answer?.status === 200 ? answer : null;
  });
  await waitFor('the mail about the file', () => mailsAbout(site.mailbox, 'img')[0] ?? null);

  const { runs } = JSON.parse(await get('/api/runs')) as { runs: { run_id: string }[] };
  expect(runs).toHaveLength(3);
  for (const task of ['rows', 'query', 'failing']) await get(`/tasks/${task}`);
  for (const { run_id } of runs) {
    await get(`/runs/${run_id}`);
    await get(`/runs/${run_id}/log`);
    await get(`/runs/${run_id}/manifest`);
  }
  const hostile = encodeURIComponent(TAG);
  await get(`/tasks/${hostile}`);
  await get(`/runs/${hostile}`);
  await get(`/?done=${hostile}`);
  await get(`/login?next=${hostile}`);
  await get(`/${hostile}`);
  await get('/metrics');
  const overview = await get('/');
  expect(overview).toContain('&lt;img src=x');

  const body = new URLSearchParams({ name: TAG, token: TAG, next: `//evil.example/${TAG}` });
  const login = await fetch(`${origin}/login`, {
    method: 'POST',
    body,
    headers: { origin },
    redirect: 'manual',
  });
  pages.set('POST /login', { headers: login.headers, body: await login.text() });

  for (const [page, { headers, body: text }] of pages) {
    const type = headers.get('content-type') ?? '';
    if (type.startsWith('text/html')) expect([page, tagsIn(text)]).toEqual([page, []]);
    // A browser takes nothing else for a page, whatever it looks like.
    else expect([page, type]).toEqual([page, expect.stringMatching(/^(application\/json|text\/plain)\b/)]);
    expect([page, headers.get('x-content-type-options')]).toEqual([page, 'nosniff']);
    const policy = headers.get('content-security-policy') ?? '';
    expect([page, policy]).toEqual([page, expect.stringContaining("default-src 'none'")]);
    expect(policy).not.toContain('unsafe');
  }
  // The SQL, the cause and the owner's file are there all the same, to be read.
  const run = (id: number): string => pages.get(`/runs/${runs[id]!.run_id}`)!.body;
  expect([0, 1, 2].map(run).filter((text) => text.includes('&lt;script&gt;')).length).toBeGreaterThan(1);
  expect((await daemon.stop()).code).toBe(0);
});

it('sends whoever signs in nowhere else', async () => {
  const daemon = place.start('daemon');
  await waitFor('the daemon', async () => (await fetch(`${origin}/readyz`).catch(() => null)) ?? null);
  for (const next of [
    '//evil.example/',
    'https://evil.example/',
    '/\\evil.example',
    '/\r\nSet-Cookie: a=b',
  ]) {
    const body = new URLSearchParams({ name: 'Eve', token: TOKEN, next });
    const answer = await fetch(`${origin}/login`, {
      method: 'POST',
      body,
      headers: { origin },
      redirect: 'manual',
    });
    const location = answer.headers.get('location') ?? '/';
    expect([next, new URL(location, origin).origin]).toEqual([next, origin]);
    expect(answer.headers.getSetCookie().filter((cookie) => !cookie.startsWith('tidemark_session='))).toEqual(
      [],
    );
  }
  expect((await daemon.stop()).code).toBe(0);
});

it('writes them into mails and messages as text, and adds no header and no recipient', async () => {
  const mails = await waitFor('the mails', () => {
    const all = site.mailbox.mails();
    return all.length >= 2 ? all : null;
  });
  const recipients = (mail: ParsedMail): (string | undefined)[] =>
    [mail.to, mail.cc, mail.bcc].flat().flatMap((one) => one?.value.map(({ address }) => address) ?? []);
  for (const mail of mails) {
    expect(tagsIn(String(mail.html))).toEqual([]);
    expect(String(mail.html)).toContain('&lt;');
    expect(['eve@example.com', 'data-platform@example.com']).toContain(recipients(mail)[0]);
    expect(recipients(mail)).toHaveLength(1);
    expect(mail.headers.has('bcc')).toBe(false);
  }
  await chat.waitForMessages(2);
  // Slack and its like take <…> in `text` for links and mentions; in these kinds of blocks, text is text.
  const literal = new Set([
    'header',
    'plain_text',
    'rich_text',
    'rich_text_section',
    'rich_text_preformatted',
    'text',
  ]);
  for (const { text, blocks } of chat.taken()) {
    expect(text).not.toContain('<');
    const kinds = [...JSON.stringify(blocks).matchAll(/"type":"(\w+)"/g)].map((match) => match[1]!);
    expect(kinds).not.toEqual([]);
    expect(kinds.filter((kind) => !literal.has(kind))).toEqual([]);
  }
});

it('begins no line of a log with what others wrote', () => {
  const lines = place.read('logs', 'tidemark.log').trimEnd().split('\n');
  expect(lines.length).toBeGreaterThan(5);
  for (const line of lines) expect(line).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z (ERROR|WARN|INFO|DEBUG)|^ {2,}/);
});
