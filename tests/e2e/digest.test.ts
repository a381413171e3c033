/** The digest of a day as a daemon writes it: once, also over restarts, and for days on which none ran. */
import { DatabaseSync } from 'node:sqlite';
import { waitFor } from '../support/wait-for.ts';
import { openSite, type Place, type Site } from './site.ts';
import { regionsSpec } from './specs.ts';
import { mailsAbout } from './mail.ts';

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.stop());

const HOUR_MS = 3_600_000;

/** Some hours ago, so that the next one is hours ahead. */
function hoursAgo(hours: number): string {
  return new Date(Date.now() - hours * HOUR_MS).toISOString().slice(11, 16);
}

/** The state, while no daemon runs. */
function inState<T>(place: Place, look: (db: DatabaseSync) => T): T {
  const db = new DatabaseSync(place.path('state/tidemark.db'));
  try {
    return look(db);
  } finally {
    db.close();
  }
}
const toldUpTo = (place: Place): string | undefined =>
  inState(
    place,
    (db) => db.prepare('SELECT told_up_to FROM digest').get()?.['told_up_to'] as string | undefined,
  );

it('comes once for all that was missed, and not again', async () => {
  const place = await site.place({ config: { notify: { digest: { at: hoursAgo(6), to: 'admin' } } } });
  place.writeSpec('regions', regionsSpec({ schedule: '* * * * * *' }));
  const first = place.start('daemon');
  await first.waitForLine(/run succeeded/);
  await waitFor('a first look', () => toldUpTo(place) ?? null);
  expect((await first.stop()).code).toBe(0);
  // Nobody has asked for a digest of the time before there was one.
  expect(mailsAbout(site.mailbox, 'digest')).toEqual([]);

  // As if that had been three days ago.
  inState(place, (db) =>
    db.prepare('UPDATE digest SET told_up_to = ?').run(new Date(Date.now() - 78 * HOUR_MS).toISOString()),
  );
  const before = new Date(Date.now() - 7 * HOUR_MS).toISOString();
  inState(place, (db) => db.prepare('UPDATE run SET finished_at = ?').run(before));
  for (let count = 0; count < 2; count++) {
    const daemon = place.start('daemon');
    if (count === 0) await daemon.waitForLine(/mail sent.*digest/);
    await daemon.waitForLine(/run succeeded/);
    expect((await daemon.stop()).code).toBe(0);
  }
  const [mail, ...more] = mailsAbout(site.mailbox, 'digest');
  expect(more).toEqual([]);
  expect(mail?.subject).toBe('[tidemark] digest: 1 well');
  expect(mail?.text?.replaceAll(/\s+/g, ' ')).toMatch(/regions: \d+ runs?, \d+ rows, \d+ bytes/);
  expect(mail?.headers.get('auto-submitted')).toBe('auto-generated');
});

it('says what is allowed', async () => {
  const digest = { at: '8 am', to: 'everybody', timezone: 'Mars/Olympus' };
  const place = await site.place({ config: { notify: { digest } } });
  const { code, stdout, stderr } = await place.tidemark('check');
  expect(code).toBe(2);
  const said = stdout + stderr;
  expect(said).toContain('notify.digest.at: found "8 am". Allowed: a time from "00:00" to "23:59".');
  expect(said).toContain(
    'notify.digest.to: found "everybody". Allowed: "owners", "admin", or one e-mail address.',
  );
  expect(said).toContain('notify.digest.timezone: found "Mars/Olympus"');
});
