/** What is expected of tasks, as their owners learn of it: from a real daemon, a real database and a real mailbox. */
import { DatabaseSync } from 'node:sqlite';
import { comparableDays } from '../../src/plan/usual-size.ts';
import { recordEnd } from '../../src/state/runs.ts';
import { attemptOf, recordFor, slotOf } from '../support/runs.ts';
import { startMailbox, type Mailbox } from '../support/smtp.ts';
import { mailAbout, mailsAbout, recipientOf } from './mail.ts';
import { openSite, type Place, type Site } from './site.ts';
import { regionsSpec } from './specs.ts';

/** Never while a test runs. */
const ONCE_A_YEAR = '0 3 1 1 *';
const EVERY_SECOND = '* * * * * *';
const STALE = 'is stale: NO_RECENT_SUCCESS';
const FRESH = 'is fresh again';

let site: Site;
let mailbox: Mailbox;
let place: Place;
beforeAll(async () => {
  site = await openSite();
});
beforeEach(async () => {
  mailbox = await startMailbox();
  place = await site.place({ smtp: { port: mailbox.port } });
});
afterEach(() => mailbox.stop());
afterAll(() => site.stop());

const words = (text: string | undefined): string => text?.replaceAll(/\s+/g, ' ') ?? '';
async function statusOf(
  task: string,
  ...flags: string[]
): Promise<{ code: number | null; stale: string | null }> {
  const { code, stdout } = await place.tidemark('status', '--json', ...flags);
  const { tasks } = JSON.parse(stdout) as { tasks: { task: string; stale_since: string | null }[] };
  return { code, stale: tasks.find((one) => one.task === task)?.stale_since ?? null };
}

describe('a task with two seconds of freshness', () => {
  it('is mailed about though nothing runs, once over restarts, and once more when a run has succeeded', async () => {
    const spec = place.writeSpec(
      'a',
      regionsSpec({ task_name: 'a', schedule: ONCE_A_YEAR, freshness: '2 seconds' }),
    );
    const first = place.start('daemon');
    const mail = await mailAbout(mailbox, STALE);
    expect(recipientOf(mail)).toBe('owner@example.com');
    expect(words(mail.text)).toContain('No run has ended in that time, well or badly');
    expect(words(mail.text)).toContain('a success at least every 2 s (freshness)');
    expect(words(mail.text)).toContain('Last success never');
    expect(await statusOf('a', '--exit-code')).toEqual({ code: 1, stale: expect.any(String) });
    expect((await first.stop()).code).toBe(0);

    const second = place.start('daemon');
    await second.waitForLine(/task is stale/);
    const list = (await (await fetch(`http://127.0.0.1:${place.httpPort}/api/tasks`)).json()) as {
      tasks: { stale_since: string | null }[];
    };
    expect(list.tasks.map(({ stale_since }) => stale_since)).toEqual([expect.any(String)]);
    expect((await second.stop()).code).toBe(0);
    place.writeSpec('a', regionsSpec({ task_name: 'a', schedule: ONCE_A_YEAR, freshness: '1 hour' }));
    expect((await place.tidemark('run', '-s', spec)).code).toBe(0);
    const third = place.start('daemon');
    const fresh = await mailAbout(mailbox, FRESH);
    expect(words(fresh.text)).toContain('A run of a has succeeded. Nothing needs to be done.');
    expect(fresh.references).toEqual(mail.messageId);
    expect(await statusOf('a', '--exit-code')).toEqual({ code: 0, stale: null });
    expect((await third.stop()).code).toBe(0);
    expect(mailbox.mails().map(({ subject }) => subject)).toEqual([
      `[tidemark] a ${STALE}`,
      `[tidemark] a ${FRESH}`,
    ]);
  });

  it('is mailed about beside its failures, with their code and hint, and is fresh as soon as a run succeeds', async () => {
    const spec = (table: string): Record<string, unknown> =>
      regionsSpec({ task_name: 'b', table: { name: table }, schedule: EVERY_SECOND, freshness: '2 seconds' });
    place.writeSpec('b', spec('regionz'));
    const daemon = place.start('daemon');
    const mail = await mailAbout(mailbox, STALE);
    expect(words(mail.text)).toMatch(
      /failed since the last success\. The last one, at .* with TABLE_UNKNOWN: /,
    );
    expect(words(mail.text)).toContain('Did you mean regions?');
    expect(mailsAbout(mailbox, STALE)).toHaveLength(1);
    place.writeSpec('b', spec('regions'));
    await mailAbout(mailbox, FRESH);
    await mailAbout(mailbox, 'b recovered');
    expect((await daemon.stop()).code).toBe(0);
  });

  it('is watched also where its spec was broken while no daemon ran', async () => {
    place.writeSpec('c', regionsSpec({ task_name: 'c', schedule: ONCE_A_YEAR, freshness: '10 minutes' }));
    const first = place.start('daemon');
    await first.waitForLine(/daemon runs/);
    expect((await first.stop()).code).toBe(0);
    // As if ten minutes had passed.
    withState((db) => db.prepare('UPDATE freshness SET first_seen = ?').run('2020-01-01T00:00:00.000Z'));
    place.writeSpec('c', '{ not a spec');
    const second = place.start('daemon');
    const mail = await mailAbout(mailbox, `c ${STALE}`);
    expect(recipientOf(mail)).toBe('owner@example.com');
    expect(words(mail.text)).toMatch(/c\.json cannot be used, and no good version of it has been seen since/);
    expect((await second.stop()).code).toBe(0);
  });
});

/** Does something to the state while no process uses it. */
function withState(act: (db: DatabaseSync) => void): void {
  const db = new DatabaseSync(place.path('state/tidemark.db'));
  try {
    act(db);
  } finally {
    db.close();
  }
}

describe('a run of unexpected size', () => {
  it('is published with a warning, and its owner has a mail; with "fail" nothing of it is seen', async () => {
    const few = regionsSpec({ task_name: 'd', expect: { min_rows: 1000 } });
    const file = place.writeSpec('d', few);
    const { code, stdout } = await place.tidemark('run', '-s', file, '--json');
    expect(code).toBe(0);
    const report = JSON.parse(stdout) as {
      warnings: string[];
      unexpected_sizes: unknown[];
      manifest: string;
    };
    const message = 'The run has 4 rows; at least 1,000 are expected (expect.min_rows).';
    expect(report.warnings).toEqual([message]);
    expect(report.unexpected_sizes).toMatchObject([{ expectation: 'min_rows', rows: 4, allowed: '1000' }]);
    expect(JSON.parse(await place.text(report.manifest))).toMatchObject({ warnings: [message] });
    const mail = await mailAbout(mailbox, 'd: unexpected size');
    expect([recipientOf(mail), words(mail.text).includes(message)]).toEqual(['owner@example.com', true]);
    const keys = await place.keys();

    place.writeSpec('d', { ...few, expect: { min_rows: 1000, on_violation: 'fail' } });
    const failed = await place.tidemark('run', '-s', file, '--json');
    expect(failed.code).toBe(1);
    expect(JSON.parse(failed.stdout)).toMatchObject({
      status: 'failed',
      error: { code: 'EXPECTATION_FAILED' },
    });
    expect(await place.remains()).toEqual({ keys, uploads: [] });
    await mailAbout(mailbox, 'd failed: EXPECTATION_FAILED');
  });

  it('is seen by the daemon from what the same weekday has had before', async () => {
    const spec = regionsSpec({ task_name: 'e', expect: { max_change: '50%' } });
    place.writeSpec('e', { ...spec, schedule: ONCE_A_YEAR });
    const first = place.start('daemon');
    await first.waitForLine(/daemon runs/);
    expect((await first.stop()).code).toBe(0);
    // Midnight may come between here and the run: both days have a history.
    for (const day of [0, 1]) {
      const today = new Date(Date.now() + day * 86_400_000);
      withState((db) => {
        for (const { at } of comparableDays(today, 'UTC').slice(0, 5)) {
          const tables = [{ name: 'regions', rows: 40, bytes: 1, files: 1, sql: [] }];
          recordEnd(db, recordFor(attemptOf(slotOf(at)), 'e', { tables }), at);
        }
      });
    }
    place.writeSpec('e', { ...spec, schedule: EVERY_SECOND });
    const second = place.start('daemon');
    const mail = await mailAbout(mailbox, 'e: unexpected size');
    expect(words(mail.text)).toMatch(
      /The run has 4 rows, 90% fewer than usual: 40 rows is the median of 5 \w+days before; a change of 50% is allowed/,
    );
    await second.waitForLine(/unexpected size not mailed: it repeats/);
    await second.waitForLine(/ warn .*90% fewer than usual/i);
    expect((await second.stop()).code).toBe(0);
    expect(mailsAbout(mailbox, 'e: unexpected size')).toHaveLength(1);
  });
});
