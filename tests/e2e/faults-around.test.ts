/** What goes wrong beside a run, and must not become the run's failure: the mail server, the disk of the logs. */
import { symlinkSync } from 'node:fs';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { waitFor } from '../support/wait-for.ts';
import { reportOf } from './report.ts';
import { openSite, type Site } from './site.ts';
import { regionsSpec } from './specs.ts';
import { mailsAbout, recipientOf } from './mail.ts';

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.stop());

describe('the mail server', () => {
  it('is down: the run ends as it would have, and one line says so', async () => {
    const nobody = await startTcpProxy({ port: 1 });
    await nobody.stop();
    const place = await site.place({ smtp: { port: nobody.port } });
    const spec = place.writeSpec('regions', regionsSpec({ table: { name: 'regionz' } }));
    const result = await place.tidemark('run', '-s', spec, '--json');
    expect([result.code, reportOf(result).error?.code]).toEqual([1, 'TABLE_UNKNOWN']);
    const lines = place.read('logs/tidemark.log').split('\n');
    const failed = lines.filter((line) => line.includes('MAIL_FAILED'));
    expect(failed).toEqual([expect.stringContaining('[tidemark] regions failed: TABLE_UNKNOWN')]);
  });

  it('is down while the daemon runs: tasks go on', async () => {
    const nobody = await startTcpProxy({ port: 1 });
    await nobody.stop();
    const place = await site.place({ smtp: { port: nobody.port } });
    place.writeSpec('bad', regionsSpec({ task_name: 'bad', table: { name: 'x' }, schedule: '* * * * * *' }));
    place.writeSpec('good', regionsSpec({ schedule: '* * * * * *' }));
    const daemon = place.start('daemon');
    await daemon.waitForLine(/MAIL_FAILED/);
    await daemon.waitForLine(/regions run succeeded/);
    expect((await daemon.stop()).code).toBe(0);
  });
});

describe('the disk of the logs', () => {
  it('is full: a run succeeds, and the administrator gets one mail', async () => {
    const place = await site.place({ smtp: { admin: 'run-admin@example.com' } });
    symlinkSync('/dev/full', place.path('logs/tidemark.log'));
    const result = await place.tidemark('run', '-s', place.writeSpec('regions', regionsSpec()), '--json');
    expect([result.code, reportOf(result).status]).toEqual([0, 'succeeded']);
    expect(result.stderr).toContain('LOGS_UNWRITABLE');
    expect(await place.keys()).toHaveLength(2);
    const mails = mailsAbout(site.mailbox, 'LOGS_UNWRITABLE').filter(
      (mail) => recipientOf(mail) === 'run-admin@example.com',
    );
    expect(mails.map((mail) => mail.text)).toEqual([expect.stringContaining('tidemark.log')]);
  });

  it('is full: the daemon goes on, and mails once however many runs there are', async () => {
    const place = await site.place({ smtp: { admin: 'daemon-admin@example.com' } });
    symlinkSync('/dev/full', place.path('logs/tidemark.log'));
    place.writeSpec('regions', regionsSpec({ schedule: '* * * * * *' }));
    const daemon = place.start('daemon');
    await waitFor('three runs', async () => ((await place.keys()).length >= 6 ? true : null));
    expect((await daemon.stop()).code).toBe(0);
    const mails = site.mailbox.mails().filter((mail) => recipientOf(mail) === 'daemon-admin@example.com');
    expect(mails.map((mail) => mail.subject)).toEqual([expect.stringContaining('LOGS_UNWRITABLE')]);
  });
});
