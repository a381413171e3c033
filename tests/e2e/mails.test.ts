/** Mails as their readers get them: each once, whatever happens to the mail server, the daemon and the state. */
import { writeFileSync } from 'node:fs';
import type { ParsedMail } from 'mailparser';
import { startMailbox, type Mailbox } from '../support/smtp.ts';
import { waitFor } from '../support/wait-for.ts';
import { openSite, type Place, type PlaceChanges, type Site } from './site.ts';
import { regionsSpec, slowSpec } from './specs.ts';
import { recipientOf } from './mail.ts';

const EVERY_SECOND = '* * * * * *';
/** Never while a test runs. */
const ONCE_A_YEAR = '0 3 1 1 *';
const SOON = { retry_delay: '200 ms', retry_delay_max: '200 ms' };

let site: Site;
let mailbox: Mailbox;
const mailboxes: Mailbox[] = [];
beforeAll(async () => {
  site = await openSite();
});
beforeEach(async () => {
  mailbox = await openMailbox();
});
afterEach(() => Promise.all(mailboxes.splice(0).map((one) => one.stop())));
afterAll(() => site.stop());

async function openMailbox(port?: number): Promise<Mailbox> {
  const opened = await startMailbox(port === undefined ? {} : { port });
  mailboxes.push(opened);
  return opened;
}
const openPlace = (config: PlaceChanges['config'] = {}): Promise<Place> =>
  site.place({ smtp: { port: mailbox.port }, config: { notify: SOON, ...config } });

const broken = (task: string, schedule: string | null = EVERY_SECOND): Record<string, unknown> =>
  regionsSpec({ task_name: task, table: { name: 'regionz' }, schedule });
const whole = (task: string, schedule: string | null = EVERY_SECOND): Record<string, unknown> =>
  regionsSpec({ task_name: task, schedule });

const subjectsOf = (mails: readonly ParsedMail[]): (string | undefined)[] =>
  mails.map(({ subject }) => subject?.replace('[tidemark] ', ''));
const arrived = (count: number): Promise<true> =>
  waitFor(`${count} mails`, () => (mailbox.mails().length >= count ? true : null));

it('keeps mails while the server is down and over a restart, and sends each once and in order', async () => {
  const { port } = mailbox;
  await mailbox.stop();
  const place = await openPlace();
  place.writeSpec('a', broken('a'));
  place.writeSpec('b', broken('b'));
  const first = place.start('daemon');
  await first.waitForLine(/MAIL_FAILED/);
  await first.waitForLine(/ b run failed/);
  place.writeSpec('a', whole('a'));
  await first.waitForLine(/a run succeeded/);
  expect((await first.stop()).code).toBe(0);

  const second = place.start('daemon');
  await second.waitForLine(/MAIL_FAILED/);
  mailbox = await openMailbox(port);
  await arrived(3);
  place.writeSpec('b', whole('b'));
  await arrived(4);
  expect((await second.stop()).code).toBe(0);
  const third = place.start('daemon');
  await third.waitForLine(/run succeeded/);
  expect((await third.stop()).code).toBe(0);

  const subjects = subjectsOf(mailbox.mails());
  expect(subjects.filter((subject) => subject?.startsWith('a '))).toEqual([
    'a failed: TABLE_UNKNOWN',
    'a recovered',
  ]);
  expect(subjects.filter((subject) => subject?.startsWith('b '))).toEqual([
    'b failed: TABLE_UNKNOWN',
    'b recovered',
  ]);
  for (const task of ['a', 'b']) {
    const [failure, recovery] = mailbox
      .mails()
      .filter(({ subject }) => subject?.startsWith(`[tidemark] ${task} `));
    expect([failure?.inReplyTo, recovery?.inReplyTo]).toEqual([undefined, failure?.messageId]);
    const listId = recovery?.headerLines.find(({ key }) => key === 'list-id')?.line;
    expect(listId).toMatch(new RegExp(`: <${task}\\.tidemark\\.example\\.com>$`));
  }
});

it('sends what an earlier run by hand could not, and mails neither repeats nor a recovery twice', async () => {
  const { port } = mailbox;
  await mailbox.stop();
  const place = await openPlace();
  const spec = place.writeSpec('a', broken('a', null));
  expect((await place.tidemark('run', '-s', spec)).code).toBe(1);
  mailbox = await openMailbox(port);
  expect((await place.tidemark('run', '-s', spec)).code).toBe(1);
  await arrived(1);
  place.writeSpec('a', whole('a', null));
  for (let count = 0; count < 2; count++) expect((await place.tidemark('run', '-s', spec)).code).toBe(0);
  expect(subjectsOf(mailbox.mails())).toEqual(['a failed: TABLE_UNKNOWN', 'a recovered']);
  const text = mailbox.mails()[1]?.text?.replaceAll(/\s+/g, ' ');
  expect(text).toContain('a succeeds again. Nothing needs to be done.');
  expect(text).toContain('Failed 2 runs With TABLE_UNKNOWN');
  expect(text).toContain('regions: 4 rows in 1 object');
});

it('mails a failure again when the interval is over, and says since when', async () => {
  const place = await openPlace({ notify: { ...SOON, repeat_after: ['1 second', '1 day'] } });
  place.writeSpec('a', broken('a'));
  const daemon = place.start('daemon');
  await arrived(2);
  await daemon.waitForLine(/failure not mailed: it repeats/);
  expect((await daemon.stop()).code).toBe(0);
  expect(subjectsOf(mailbox.mails())).toEqual(['a failed: TABLE_UNKNOWN', 'a failed: TABLE_UNKNOWN']);
  expect(mailbox.mails()[1]?.text?.replaceAll(/\s+/g, ' ')).toMatch(
    /\d+ runs have failed with this code since .* comes in 24 h 0 min at the earliest/,
  );
});

describe('a daemon that is killed while a mail is on its way', () => {
  async function killedMidMail(behaviour: 'hang' | 'silence'): Promise<void> {
    mailbox.refuse(behaviour);
    const place = await openPlace();
    place.writeSpec('a', broken('a'));
    const first = place.start('daemon');
    await waitFor('a mail without an answer', () => (mailbox.unanswered() > 0 ? true : null));
    first.kill('SIGKILL');
    await first.exit;
    mailbox.refuse(null);
    const second = place.start('daemon');
    await second.waitForLine(/mail sent/);
    await second.waitForLine(/failure not mailed/);
    expect((await second.stop()).code).toBe(0);
  }

  it('leaves it to the next, which sends it once', async () => {
    await killedMidMail('hang');
    expect(subjectsOf(mailbox.mails())).toEqual(['a failed: TABLE_UNKNOWN']);
  });

  it('may make it come twice where the server had it already: as the same mail, for its client to tell', async () => {
    await killedMidMail('silence');
    const [one, two, ...more] = mailbox.mails();
    expect([two?.messageId, more]).toEqual([one?.messageId, []]);
    expect(one?.messageId).toMatch(/^<\S+@example\.com>$/);
  });
});

it('mails that the process of a run died, and that the task recovered', async () => {
  const place = await openPlace();
  place.writeSpec('a', slowSpec(600, { task_name: 'a', schedule: EVERY_SECOND }));
  const first = place.start('daemon');
  await first.waitForLine(/ reading /);
  first.kill('SIGKILL');
  await first.exit;
  place.writeSpec('a', whole('a'));
  const second = place.start('daemon');
  await arrived(2);
  expect((await second.stop()).code).toBe(0);
  expect(subjectsOf(mailbox.mails())).toEqual(['a failed: PROCESS_DIED', 'a recovered']);
});

it('mails the same faults of a spec once, also when the daemon starts again', async () => {
  const place = await openPlace();
  place.writeSpec('noise', '{ not a spec');
  place.writeSpec('a', whole('a', ONCE_A_YEAR));
  for (let count = 0; count < 2; count++) {
    const daemon = place.start('daemon');
    await daemon.waitForLine(/spec cannot be used/);
    await daemon.waitForLine(/daemon runs/);
    expect((await daemon.stop()).code).toBe(0);
  }
  expect(subjectsOf(mailbox.mails())).toEqual(['noise.json failed: SPEC_INVALID']);
});

it('mails the owner directly where there is no state to keep a mail in', async () => {
  const place = await openPlace();
  writeFileSync(place.path('state/tidemark.db'), 'this is no database, whatever its name says');
  const result = await place.tidemark('run', '-s', place.writeSpec('a', whole('a')), '--json');
  expect(result.code).toBe(1);
  const [mail] = mailbox.mails();
  expect([mail?.subject, recipientOf(mail!)]).toEqual([
    '[tidemark] a failed: STATE_UNUSABLE',
    'owner@example.com',
  ]);
});
