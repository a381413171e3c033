/** The webhook against a server: what is sent, and what is said of each way in which it is not taken. */
import { createRedactor } from '../../src/redact.ts';
import { secretsInUrl } from '../../src/config/secret-url.ts';
import type { TidemarkError } from '../../src/errors.ts';
import { createWebhook } from '../../src/notify/webhook.ts';
import { SAMPLE_MAILS } from '../support/sample-mails.ts';
import { startChatService, type ChatService } from '../support/webhook.ts';

let service: ChatService;
beforeEach(async () => {
  service = await startChatService();
});
afterEach(() => service.stop());

const mail = { ...SAMPLE_MAILS['failure']!, messageId: '<1@example.com>', date: '2026-07-01T00:00:02.000Z' };
const patience = (): AbortSignal => AbortSignal.timeout(60_000);
const open = (url = service.url, timeoutMs = 60_000) =>
  createWebhook({ url, timeoutMs }, createRedactor(secretsInUrl(url)));

it('posts text and blocks', async () => {
  await open().send(mail, patience());
  const [message] = service.taken();
  expect(message).toEqual(mail.chat);
  expect(message?.text).toContain('*orders failed: PRIVILEGE_MISSING*');
});

it.each([
  [200, null, ''],
  [302, 'refused', 'moved to'],
  [400, 'refused', 'The answer says why'],
  [403, 'refused', 'make a new one'],
  [404, 'refused', 'make a new one'],
  [410, 'refused', 'make a new one'],
  [408, 'server', 'passes by itself'],
  [429, 'server', 'passes by itself'],
  [500, 'server', 'passes by itself'],
  [503, 'server', 'passes by itself'],
] as const)('takes the answer %s for %s', async (status, obstacle, hint) => {
  service.answer(status);
  const webhook = open();
  const error = await webhook.send(mail, patience()).then(
    () => null,
    (thrown: unknown) => thrown as TidemarkError,
  );
  expect(error === null ? null : webhook.obstacleOf(error)).toBe(obstacle);
  expect(service.requests()).toBe(1);
  if (error === null) return;
  expect(error).toMatchObject({ code: 'WEBHOOK_FAILED', retryable: obstacle === 'server' });
  // The host alone: what stands behind it is the secret, also where the other side says it.
  expect(error.message).toMatch(
    new RegExp(
      String.raw`^The message was not taken: 127\.0\.0\.1:\d+ answered ${status} \(no_service at \[redacted\]\)$`,
    ),
  );
  expect(error.hint).toContain(hint);
});

it.each([
  [{ 'retry-after': '120' }, 119_000, 120_000],
  [{ 'retry-after': '999999' }, 3_600_000, 3_600_000],
  [{ 'retry-after': 'soon' }, 0, 0],
  [{}, 0, 0],
] as const)('waits as long as it is asked to: %j', async (headers, least, most) => {
  service.answer(429, headers);
  const webhook = open();
  const error = await webhook.send(mail, patience()).catch((thrown: unknown) => thrown as TidemarkError);
  const pause = webhook.pauseAfter(error as TidemarkError);
  expect(pause).toBeGreaterThanOrEqual(least);
  expect(pause).toBeLessThanOrEqual(most);
});

it('says that nobody answers, or not in time', async () => {
  service.answer('silence');
  const webhook = open(service.url, 50);
  const late = await webhook.send(mail, patience()).catch((thrown: unknown) => thrown as TidemarkError);
  expect(late).toMatchObject({ message: expect.stringMatching(/127\.0\.0\.1:\d+ did not answer in time$/) });
  expect(webhook.obstacleOf(late as TidemarkError)).toBe('server');
  const { url } = service;
  await service.stop();
  await expect(open(url).send(mail, patience())).rejects.toMatchObject({
    message: expect.stringMatching(/127\.0\.0\.1:\d+ cannot be reached \(ECONNREFUSED/),
    retryable: true,
  });
  service = await startChatService();
});

it.each([200, 403, 404, 405, 500])(
  'is reached where its host answers %d, and posts nothing',
  async (status) => {
    service.answer(status);
    await open().reach(patience());
    expect([service.lastAsked(), service.requests(), service.taken()]).toEqual(['HEAD /', 1, []]);
  },
);

it('says that its host cannot be reached, and not where it would post', async () => {
  service.answer('silence');
  await expect(open(service.url, 50).reach(patience())).rejects.toMatchObject({
    code: 'WEBHOOK_FAILED',
    message: expect.stringMatching(/^127\.0\.0\.1:\d+ did not answer in time$/),
  });
  const { url } = service;
  await service.stop();
  await expect(open(url).reach(patience())).rejects.toMatchObject({
    message: expect.stringMatching(/^127\.0\.0\.1:\d+ cannot be reached \(ECONNREFUSED/),
    hint: expect.stringContaining('notify.webhook.url'),
  });
  service = await startChatService();
});
