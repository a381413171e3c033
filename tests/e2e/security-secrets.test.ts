/**
 * Secrets of the config turn up nowhere: not on stdout or stderr, in no log, mail, message, page, metric, report, manifest
 * or state file, and not in the list of processes.
 */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { startS3Proxy } from '../support/s3-proxy.ts';
import { startMailbox, type Mailbox } from '../support/smtp.ts';
import { startChatService, type ChatService } from '../support/webhook.ts';
import { openSite, type Place, type Site } from './site.ts';
import { regionsSpec, sampleSpec, slowSpec } from './specs.ts';
import { mailAbout, mailsAbout } from './mail.ts';

/** With characters that are written differently in URLs, JSON and SQL. */
const SOURCE = `cAnary-s0urce/"'\\+ä`;
const SINK = 'cAnary-s1nk/+&=%?';
const SMTP = 'cAnary-m4il/"+\\';
const FLAG = `cAnary-fl4g/'"`;
const HMAC = `cAnary-hm4c/"'+key`;
const TOKEN = 'cAnary-t0ken-of-the-pages-/+=';
const ACCOUNT = 'canary_reader';

let site: Site;
let mailbox: Mailbox;
let chat: ChatService;
let place: Place;
const outputs: string[] = [];

beforeAll(async () => {
  site = await openSite();
  mailbox = await startMailbox({ auth: { user: 'tidemark', password: SMTP } });
  chat = await startChatService();
  const { connection, name } = site.database;
  await connection.query(
    `DROP USER IF EXISTS ${ACCOUNT}@'%'; CREATE USER ${ACCOUNT}@'%' IDENTIFIED BY ?; GRANT SELECT ON ${name}.* TO ${ACCOUNT}@'%'`,
    [SOURCE],
  );
  place = await site.place({
    source: { user: ACCOUNT, password: '${CANARY_SOURCE}' },
    sink: { secret_access_key: '${file:sink-secret}', session_token: `${SINK}-token` },
    smtp: { port: mailbox.port, user: 'tidemark', password: SMTP },
    env: {
      CANARY_SOURCE: SOURCE,
      CANARY_CHAT: chat.url,
      TIDEMARK_MASKING__HMAC_KEY: HMAC,
      TIDEMARK_HTTP__TOKEN: TOKEN,
    },
    config: { log_level: 'debug', notify: { webhook: { url: '${CANARY_CHAT}' } } },
  });
  writeFileSync(place.path('sink-secret'), `${SINK}\n`);
});
afterAll(async () => {
  await site.database.connection.query(`DROP USER ${ACCOUNT}@'%'`);
  await site.stop();
  await Promise.all([mailbox.stop(), chat.stop()]);
});

async function tell(...args: string[]): Promise<number | null> {
  const { code, stdout, stderr } = await place.tidemark(...args);
  outputs.push(stdout, stderr);
  return code;
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => path.join(folder, name))
    .filter((file) => statSync(file).isFile());
}

/** The forms in which a secret could be read. */
function forms(secret: string): string[] {
  return [
    secret,
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
    Buffer.from(secret).toString('base64'),
    Buffer.from(secret).toString('hex'),
  ];
}

function expectNoSecret(where: string, text: string): void {
  for (const secret of [SOURCE, SINK, SMTP, FLAG, HMAC, TOKEN, chat.secret]) {
    for (const form of forms(secret)) if (text.includes(form)) throw new Error(`${form} stands in ${where}`);
  }
  expect(text.toLowerCase()).not.toContain('canary-');
}

/** What a sign-in gives a browser: as good as the token for half a day. */
let session: string | null = null;

function signIn(origin: string, token: string): Promise<Response> {
  const body = new URLSearchParams({ name: 'Canary Keeper', token, next: '/' });
  return fetch(`${origin}/login`, { method: 'POST', body, headers: { origin }, redirect: 'manual' });
}

/** Of an answer that goes on for ever. */
async function firstPiece(answer: Response): Promise<string> {
  const reader = answer.body!.getReader();
  const { value } = await reader.read();
  await reader.cancel();
  return Buffer.from(value ?? []).toString();
}

it('says no secret in all that the commands do, well or badly', async () => {
  const masked = { email: { mask: 'hmac' } };
  const good = place.writeSpec('employees', sampleSpec({ column_transformation: masked }));
  const bad = place.writeSpec('bad', regionsSpec({ task_name: 'bad', table: { name: 'regionz' } }));
  const torn = place.path('torn.json');
  writeFileSync(torn, '{');

  for (const json of [[], ['--json']]) {
    expect(await tell('run', '-s', good, ...json)).toBe(0);
    expect(await tell('run', '-s', bad, ...json)).toBe(1);
    expect(await tell('run', '-s', good, `-P${FLAG}`, ...json)).toBe(1); // access denied
    expect(await tell('run', '-s', torn, ...json)).toBe(2);
    expect(await tell('plan', '-s', good, ...json)).toBe(0);
    expect(await tell('check', '--connect', ...json)).toBe(2);
  }
  expect(mailsAbout(mailbox, 'failed').length).toBeGreaterThan(0);
});

it('says none when the store or the mail server quotes it', async () => {
  const proxy = await startS3Proxy(site.s3.endpoint);
  proxy.fail({ status: 403, code: 'SignatureDoesNotMatch' });
  const config = structuredClone(place.config) as {
    sinks: { s3: { endpoint: string } };
    smtp: { user: string };
  };
  config.sinks.s3.endpoint = proxy.endpoint;
  config.smtp.user = 'somebody-else'; // the login is refused
  writeFileSync(place.configFile, JSON.stringify(config));
  expect(await tell('run', '-s', 'specs/employees.json', '--json')).toBe(1);
  expect(outputs.at(-1)).toContain('MAIL_FAILED');
  writeFileSync(place.configFile, JSON.stringify(place.config));
  await proxy.stop();
});

it('says none in a fault of the config', async () => {
  const smtp = { ...(place.config['smtp'] as object), passwort: SMTP, port: SMTP };
  writeFileSync(place.configFile, JSON.stringify({ ...place.config, smtp }));
  for (const json of [[], ['--json']]) expect(await tell('check', ...json)).toBe(2);
  // What stands under a misspelt key cannot be known to be secret, but is not quoted either; a port is.
  const said = outputs
    .splice(-4)
    .join('\n')
    .replaceAll(SMTP, '')
    .replaceAll(JSON.stringify(SMTP).slice(1, -1), '');
  expect(said).toContain('passwort');
  writeFileSync(place.configFile, JSON.stringify(place.config));
});

it('says none while the daemon runs, fails and mails', async () => {
  place.writeSpec(
    'bad',
    regionsSpec({ task_name: 'nightly', table: { name: 'regionz' }, schedule: '* * * * * *' }),
  );
  place.writeSpec('garbage', '{{{');
  const daemon = place.start('daemon');
  await mailAbout(mailbox, 'nightly failed');
  await mailAbout(mailbox, 'garbage.json failed');
  await chat.waitForMessages(1);
  outputs.push(readFileSync(`/proc/${daemon.pid}/cmdline`, 'latin1'));

  const origin = `http://127.0.0.1:${place.httpPort}`;
  const get = async (page: string, headers: Record<string, string> = {}): Promise<string> => {
    const answer = await fetch(`${origin}${page}`, { headers });
    const body = page === '/api/live' ? await firstPiece(answer) : await answer.text();
    outputs.push(`${page}\n${JSON.stringify([...answer.headers])}\n${body}`);
    return body;
  };
  const { runs } = JSON.parse(await get('/api/runs')) as {
    runs: { run_id: string; manifest: string | null }[];
  };
  const published = runs.find(({ manifest }) => manifest !== null)!.run_id;
  const failed = runs.find(({ manifest }) => manifest === null)!.run_id;
  const pages = [
    '/',
    '/metrics',
    '/api/tasks',
    '/api/live',
    '/readyz',
    '/healthz',
    '/login',
    '/nowhere',
  ].concat(
    ['nightly', 'employees'].map((task) => `/tasks/${task}`),
    [failed, published].flatMap((run) => [`/runs/${run}`, `/runs/${run}/log`, `/runs/${run}/manifest`]),
  );
  for (const page of pages) await get(page);

  // Who gives the token, or another, sees it no more than anybody else, and nor does the log.
  const wrong = await signIn(origin, `${TOKEN}x`);
  outputs.push(await wrong.text());
  const right = await signIn(origin, TOKEN);
  const cookie = /^[^;]+/.exec(right.headers.get('set-cookie') ?? '')![0];
  session = cookie.slice(cookie.indexOf('=') + 1);
  for (const page of ['/', '/tasks/nightly']) expect(await get(page, { cookie })).toContain('Canary Keeper');
  const paused = await fetch(`${origin}/tasks/nightly/pause`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKEN}` },
  });
  expect(paused.ok).toBe(true);
  outputs.push(await paused.text());
  const { code, stdout, stderr } = await daemon.stop();
  outputs.push(stdout, stderr);
  expect(code).toBe(0);
});

it('takes a password among its arguments out of the list of processes', async () => {
  const file = place.path('slow.json');
  writeFileSync(file, JSON.stringify(slowSpec(600)));
  const [user, password] = [site.database.user, site.database.password];
  const running = place.start('run', '-s', file, '-u', user, `-P${password}`);
  await running.waitForLine(/reading/);
  for (const name of ['cmdline', 'comm', 'status'])
    expect(readFileSync(`/proc/${running.pid}/${name}`, 'latin1')).not.toContain(password);
  const { stdout, stderr } = await running.stop();
  expect(stdout + stderr).not.toContain(password);
});

it('has written none anywhere', async () => {
  outputs.forEach((text, index) => expectNoSecret(`output ${index}`, text));
  chat.taken().forEach((message, index) => expectNoSecret(`message ${index}`, JSON.stringify(message)));
  expect(session).not.toBeNull();
  for (const folder of ['logs', 'state']) {
    const files = filesBelow(place.path(folder));
    expect(files).not.toEqual([]);
    for (const file of files) {
      const text = readFileSync(file, 'latin1') + readFileSync(file, 'utf8');
      expectNoSecret(file, text);
      expect([file, text.includes(session!)]).toEqual([file, false]);
    }
  }
  const mails = mailbox.mails();
  expect(mails.length).toBeGreaterThan(3);
  for (const mail of mails) {
    const headers = mail.headerLines.map(({ line }) => line).join('\n');
    expectNoSecret(`mail ${mail.subject}`, [headers, mail.text, String(mail.html)].join('\n'));
  }
  for (const key of await place.keys()) expectNoSecret(key, await place.text(key));
});
