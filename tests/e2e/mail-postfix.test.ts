/** Mails through Debian's postfix, which insists on STARTTLS and a login: what a daemon in production talks to. */
import { writeFileSync } from 'node:fs';
import { startPostfix, type Postfix } from '../support/postfix.ts';
import { waitFor } from '../support/wait-for.ts';
import { openSite, type Place, type Site } from './site.ts';
import { regionsSpec } from './specs.ts';

let site: Site;
let postfix: Postfix;
beforeAll(async () => {
  [site, postfix] = await Promise.all([openSite(), startPostfix()]);
});
afterAll(async () => {
  await site?.stop();
  await postfix?.stop();
});

const ONCE_A_YEAR = '0 3 1 1 *';
const placeWith = (smtp: Readonly<Record<string, unknown>>): Promise<Place> => {
  const { host, port, user, password, ca } = postfix;
  return site.place({
    smtp: { host, port, secure: 'starttls', user, password, tls_ca: ca, ...smtp },
    config: { notify: { retry_delay: '200 ms', retry_delay_max: '200 ms' } },
  });
};
/** A task whose table is not there. */
const broken = regionsSpec({ task_name: 'regionz', table: { name: 'regionz' }, schedule: ONCE_A_YEAR });

it('says what is wrong with a password, keeps the mail, and sends it once the password is right', async () => {
  const place = await placeWith({ password: 'Wr0ng-Canary' });
  const spec = place.writeSpec('regionz', broken);
  const failed = await place.tidemark('run', '-s', spec);
  expect(failed.code).toBe(1);
  expect(failed.stderr).toMatch(/code=MAIL_FAILED/);
  expect(failed.stderr).toMatch(/refused the login \(535 5\.7\.8/);
  expect(failed.stderr).toContain('Check `user` and `password` of `smtp` in the config.');
  await waitFor('the refusal in the log of postfix', () =>
    postfix.log().includes('authentication failed') ? true : null,
  );

  // Still refused by a daemon that starts meanwhile.
  const first = place.start('daemon');
  await first.waitForLine(/MAIL_FAILED.*refused the login/);
  const stopped = await first.stop();
  expect(stopped.code).toBe(0);
  for (const said of [failed.stdout, failed.stderr, stopped.stderr]) expect(said).not.toContain('Canary');

  const right = {
    ...place.config,
    smtp: { ...(place.config['smtp'] as object), password: postfix.password },
  };
  writeFileSync(place.configFile, JSON.stringify(right));
  const second = place.start('daemon');
  await second.waitForLine(/mail sent/);
  expect((await second.stop()).code).toBe(0);

  const [mail, ...more] = await postfix.waitForMails(1);
  expect(more).toEqual([]);
  expect(mail?.subject).toBe('[tidemark] regionz failed: TABLE_UNKNOWN');
  expect(mail?.text).toContain('WHAT TO DO');
  expect(mail?.html).toContain('What to do');
  // Encrypted (S) and after a login (A), says the server.
  expect(mail?.headerLines.map(({ line }) => line).join('\n')).toMatch(/with ESMTPSA/);
});

it('checks the certificate of the server, and says which setting vouches for it', async () => {
  const place = await placeWith({});
  const well = await place.tidemark('check', '--connect', '--json');
  expect(well.stdout).toContain('would take mails');
  writeFileSync(
    place.configFile,
    JSON.stringify({ ...place.config, smtp: { ...(place.config['smtp'] as object), tls_ca: null } }),
  );
  const refused = await place.tidemark('check', '--connect', '--json');
  expect(refused.code).toBe(2);
  expect(refused.stdout).toMatch(/no secure connection to 127\.0\.0\.1/);
  expect(refused.stdout).toContain('smtp.tls_ca');
});
