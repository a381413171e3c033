/** A chat's webhook beside mail, or in its place: told what is mailed, once, and its URL nowhere to be seen. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { startChatService, type ChatService } from '../support/webhook.ts';
import { waitFor } from '../support/wait-for.ts';
import { openSite, type Place, type Site } from './site.ts';
import { regionsSpec } from './specs.ts';
import { mailsAbout } from './mail.ts';

const EVERY_SECOND = '* * * * * *';

let site: Site;
let service: ChatService;
beforeAll(async () => {
  site = await openSite();
});
beforeEach(async () => {
  service = await startChatService();
});
afterEach(() => service.stop());
afterAll(() => site.stop());

function openPlace(config: Readonly<Record<string, unknown>> = {}, notify: object = {}): Promise<Place> {
  return site.place({
    env: { CHAT_URL: service.url },
    config: {
      log_level: 'debug',
      notify: {
        retry_delay: '200 ms',
        retry_delay_max: '200 ms',
        webhook: { url: '${CHAT_URL}' },
        ...notify,
      },
      ...config,
    },
  });
}
const broken = (task: string, schedule: string | null = EVERY_SECOND): object =>
  regionsSpec({ task_name: task, table: { name: 'regionz' }, schedule });
const whole = (task: string, schedule: string | null = EVERY_SECOND): object =>
  regionsSpec({ task_name: task, schedule });
const headlines = (): string[] => service.taken().map(({ text }) => text.split('\n')[0]!);

/** All that Tidemark has written in its folder, and what it said. */
function everything(place: Place, ...said: string[]): string {
  const files = ['logs', 'state'].flatMap((folder) =>
    readdirSync(place.path(folder), { recursive: true, encoding: 'utf8' })
      .map((name) => path.join(place.path(folder), name))
      .filter((file) => statSync(file).isFile()),
  );
  return [...files.map((file) => readFileSync(file, 'latin1')), ...said].join('\n');
}

it('works without a mail server: one message of a failure and one of the recovery, kept while nobody answers', async () => {
  service.answer(503);
  const place = await openPlace({ smtp: null });
  place.writeSpec('a', broken('a'));
  const first = place.start('daemon');
  await first.waitForLine(/WEBHOOK_FAILED.*answered 503/);
  await first.waitForLine(/failure not mailed: it repeats/);
  const one = await first.stop();
  expect(one.code).toBe(0);

  service.answer(200);
  const second = place.start('daemon');
  await service.waitForMessages(1);
  place.writeSpec('a', whole('a'));
  const [failed, recovered] = await service.waitForMessages(2);
  await second.waitForLine(/run succeeded/);
  const two = await second.stop();
  expect(two.code).toBe(0);

  expect(headlines()).toEqual(['*a failed: TABLE_UNKNOWN*', '*a recovered*']);
  expect(failed?.text).toMatch(/\*Cause\*\n.*regionz[^]*\*What to do\*\n/);
  expect(recovered?.text).toContain('Nothing needs to be done');
  expect(one.stderr).not.toContain('nobody is told');
  expect(everything(place, one.stdout, one.stderr, two.stdout, two.stderr)).not.toMatch(/cAnary|B0CANARY/);
});

it('tells the chat what it mails, each for itself: neither waits for the other', async () => {
  service.answer(404);
  const place = await openPlace({}, { give_up_after: '1 second' });
  const spec = place.writeSpec('b', broken('b', null));
  const refused = await place.tidemark('run', '-s', spec);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toMatch(/WEBHOOK_FAILED.*answered 404/);
  expect(mailsAbout(site.mailbox, 'b failed')).toHaveLength(1);

  // Not tried for ever: given up, and said so in the log, with what it would have said.
  const daemon = place.start('daemon');
  await daemon.waitForLine(/a mail is given up.*WEBHOOK_FAILED.*regionz/);
  service.answer(200);
  place.writeSpec('b', whole('b', EVERY_SECOND));
  await waitFor('the mail of the recovery', () =>
    mailsAbout(site.mailbox, 'b recovered').length > 0 ? true : null,
  );
  await service.waitForMessages(1);
  const { code, stdout, stderr } = await daemon.stop();
  expect(code).toBe(0);
  expect(headlines()).toEqual(['*b recovered*']);
  const mails = site.mailbox.mails().map(({ text, html }) => `${text}${html}`);
  expect(everything(place, refused.stderr, stdout, stderr, ...mails)).not.toMatch(/cAnary|B0CANARY/);
});

it('says what is wrong with the URL without showing it', async () => {
  const place = await openPlace({}, { webhook: { url: 'http://hooks.example.com/cAnary-in-the-config' } });
  const { code, stdout, stderr } = await place.tidemark('check');
  expect(code).toBe(2);
  expect(stdout + stderr).toContain('notify.webhook.url: found an http:// URL of another machine');
  expect(stdout + stderr).not.toContain('cAnary');
});

it('is reached by check --connect, which posts nothing', async () => {
  const place = await openPlace({ smtp: null });
  place.writeSpec('a', whole('a'));
  const reached = await place.tidemark('check', '--connect');
  expect(reached.code).toBe(0);
  expect(reached.stdout).toMatch(
    /^webhook\n +info +WEBHOOK: 127\.0\.0\.1:\d+ answers\. No message was sent/m,
  );
  expect(reached.stdout).not.toContain('SMTP_NONE');
  expect([service.taken(), service.lastAsked()]).toEqual([[], 'HEAD /']);
  await service.stop();
  const refused = await place.tidemark('check', '--connect');
  service = await startChatService();
  expect(refused.code).toBe(2);
  expect(refused.stdout).toMatch(/^webhook\n +error +WEBHOOK_FAILED: 127\.0\.0\.1:\d+ cannot be reached/m);
  expect(reached.stdout + refused.stdout + reached.stderr + refused.stderr).not.toContain(service.secret);
});
