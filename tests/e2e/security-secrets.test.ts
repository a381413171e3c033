/** Secrets of the config turn up nowhere: not on stdout or stderr, in no log, mail, report, manifest or state file. */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { startS3Proxy } from '../support/s3-proxy.ts';
import { startMailbox, type Mailbox } from '../support/smtp.ts';
import { openSite, type Place, type Site } from './site.ts';
import { regionsSpec, sampleSpec } from './specs.ts';
import { mailAbout, mailsAbout } from './mail.ts';

/** With characters that are written differently in URLs, JSON and SQL. */
const SOURCE = `cAnary-s0urce/"'\\+ä`;
const SINK = 'cAnary-s1nk/+&=%?';
const SMTP = 'cAnary-m4il/"+\\';
const FLAG = `cAnary-fl4g/'"`;
const ACCOUNT = 'canary_reader';

let site: Site;
let mailbox: Mailbox;
let place: Place;
const outputs: string[] = [];

beforeAll(async () => {
  site = await openSite();
  mailbox = await startMailbox({ auth: { user: 'tidemark', password: SMTP } });
  const { connection, name } = site.database;
  await connection.query(
    `DROP USER IF EXISTS ${ACCOUNT}@'%'; CREATE USER ${ACCOUNT}@'%' IDENTIFIED BY ?; GRANT SELECT ON ${name}.* TO ${ACCOUNT}@'%'`,
    [SOURCE],
  );
  place = await site.place({
    source: { user: ACCOUNT, password: '${CANARY_SOURCE}' },
    sink: { secret_access_key: '${file:sink-secret}', session_token: `${SINK}-token` },
    smtp: { port: mailbox.port, user: 'tidemark', password: SMTP },
    env: { CANARY_SOURCE: SOURCE },
    config: { log_level: 'debug' },
  });
  writeFileSync(place.path('sink-secret'), `${SINK}\n`);
});
afterAll(async () => {
  await site.database.connection.query(`DROP USER ${ACCOUNT}@'%'`);
  await site.stop();
  await mailbox.stop();
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
  ];
}

function expectNoSecret(where: string, text: string): void {
  for (const secret of [SOURCE, SINK, SMTP, FLAG]) {
    for (const form of forms(secret)) if (text.includes(form)) throw new Error(`${form} stands in ${where}`);
  }
  expect(text.toLowerCase()).not.toContain('canary-');
}

it('says no secret in all that the commands do, well or badly', async () => {
  const good = place.writeSpec('employees', sampleSpec());
  const bad = place.writeSpec('bad', regionsSpec({ task_name: 'bad', table: { name: 'regionz' } }));
  const torn = place.path('torn.json');
  writeFileSync(torn, '{');

  for (const json of [[], ['--json']]) {
    expect(await tell('run', '-s', good, ...json)).toBe(0);
    expect(await tell('run', '-s', bad, ...json)).toBe(1);
    expect(await tell('run', '-s', good, `-P${FLAG}`, ...json)).toBe(1); // access denied
    expect(await tell('run', '-s', torn, ...json)).toBe(2);
    expect(await tell('plan', '-s', good, ...json)).toBe(0);
    expect(await tell('check', '--connect', ...json)).toBe(1);
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
  for (const page of ['/api/tasks', '/readyz']) {
    outputs.push(await (await fetch(`http://127.0.0.1:${place.httpPort}${page}`)).text());
  }
  const { code, stdout, stderr } = await daemon.stop();
  outputs.push(stdout, stderr);
  expect(code).toBe(0);
});

it('has written none anywhere', async () => {
  outputs.forEach((text, index) => expectNoSecret(`output ${index}`, text));
  for (const folder of ['logs', 'state']) {
    const files = filesBelow(place.path(folder));
    expect(files).not.toEqual([]);
    for (const file of files) expectNoSecret(file, readFileSync(file, 'latin1') + readFileSync(file, 'utf8'));
  }
  const mails = mailbox.mails();
  expect(mails.length).toBeGreaterThan(3);
  for (const mail of mails) {
    const headers = mail.headerLines.map(({ line }) => line).join('\n');
    expectNoSecret(`mail ${mail.subject}`, [headers, mail.text, String(mail.html)].join('\n'));
  }
  for (const key of await place.keys()) expectNoSecret(key, await place.text(key));
});
