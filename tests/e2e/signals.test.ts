/** SIGTERM and SIGINT: what stops, what ends normally, and what is undone. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { RowDataPacket } from 'mysql2';
import { waitFor } from '../support/wait-for.ts';
import { startGate, type Gate } from './gate.ts';
import { reportOf } from './report.ts';
import { NOTHING, openSite, type Site } from './site.ts';
import { regionsSpec, slowSpec, twoTablesSpec } from './specs.ts';

const EVERY_SECOND = '* * * * * *';

let site: Site;
let gate: Gate;
beforeAll(async () => {
  site = await openSite();
  gate = await startGate(site.s3.endpoint);
});
afterAll(async () => {
  await site.stop();
  await gate.stop();
});

/** Settles when no query with this text runs in this database any more; other tests share the server. */
async function queryGone(text: string): Promise<void> {
  await waitFor(`the end of a query like ${text}`, async () => {
    const [rows] = await site.database.connection.query<RowDataPacket[]>(
      'SELECT id FROM information_schema.processlist WHERE info LIKE ? AND db = DATABASE() AND id != CONNECTION_ID()',
      [`%${text}%`],
    );
    return rows.length === 0 ? true : null;
  });
}

describe('tidemark run', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('is undone by %s while it reads', async (signal) => {
    const place = await site.place();
    const spec = place.writeSpec('slow', slowSpec(600));
    const run = place.start('run', '-s', spec, '--json');
    await run.waitForLine(/ reading /);
    run.kill(signal);
    const result = await run.exit;
    const report = reportOf(result);
    expect([result.code, report.status, report.error?.code]).toEqual([4, 'failed', 'INTERRUPTED']);
    expect(report.error?.message).toContain(signal);
    expect(await place.remains()).toEqual(NOTHING);
    await queryGone('SLEEP(150)');
  });

  it.each([
    ['begins an upload', /\?uploads/],
    ['sends a part', /partNumber=/],
  ])('is undone by SIGINT while it %s', async (_what, match) => {
    const place = await site.place({ sink: { endpoint: gate.endpoint } });
    gate.holdMatching(match, 'after');
    const run = place.start('run', '-s', place.writeSpec('places', twoTablesSpec()), '--json');
    await gate.held();
    run.kill('SIGINT');
    await sleep(200); // the signal is there before the answer is
    gate.open();
    const result = await run.exit;
    expect([result.code, reportOf(result).error?.code]).toEqual([4, 'INTERRUPTED']);
    expect(await place.remains()).toEqual(NOTHING);
  });

  it('comes to its end when the signal finds it publishing', async () => {
    const place = await site.place({ sink: { endpoint: gate.endpoint } });
    gate.holdMatching(/^POST .*uploadId=/);
    const run = place.start('run', '-s', place.writeSpec('places', twoTablesSpec()), '--json');
    await gate.held();
    run.kill('SIGTERM');
    await sleep(200);
    gate.open();
    const result = await run.exit;
    const report = reportOf(result);
    expect([result.code, report.status]).toEqual([0, 'succeeded']);
    expect(await place.remains()).toEqual({
      keys: [report.manifest, ...report.files.map(({ key }) => key)],
      uploads: [],
    });
  });

  it('mails nobody about an interruption', async () => {
    const before = site.mailbox.mails().length;
    const place = await site.place();
    const run = place.start('run', '-s', place.writeSpec('slow', slowSpec(600)));
    await run.waitForLine(/ reading /);
    run.kill('SIGINT');
    expect((await run.exit).code).toBe(4);
    expect(site.mailbox.mails()).toHaveLength(before);
  });
});

describe('the daemon', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('ends at %s when nothing runs', async (signal) => {
    const place = await site.place();
    place.writeSpec('regions', regionsSpec({ schedule: '0 3 1 1 *' }));
    const daemon = place.start('daemon');
    await daemon.waitForLine(/daemon runs/);
    daemon.kill(signal);
    const result = await daemon.exit;
    expect([result.code, result.signal]).toEqual([0, null]);
    expect(result.stderr).toContain('daemon has stopped');
  });

  it('lets a run end within the grace', async () => {
    const place = await site.place({ sink: { endpoint: gate.endpoint } });
    place.writeSpec('regions', regionsSpec({ schedule: EVERY_SECOND }));
    gate.holdMatching(/partNumber=/);
    const daemon = place.start('daemon');
    await gate.held();
    daemon.kill('SIGTERM');
    await daemon.waitForLine(/daemon stops/);
    gate.open();
    const result = await daemon.exit;
    expect(result.code).toBe(0);
    expect(result.stderr).toContain('run succeeded');
    const keys = await place.keys();
    expect(keys).toEqual([
      expect.stringMatching(/^regions\/_manifest_/),
      expect.stringMatching(/^regions\/regions_\d{14}\.csv$/),
    ]);
    expect(await site.s3.openUploads(place.bucket)).toEqual([]);
  });

  it('aborts a run that does not end within the grace, and tells its owner', async () => {
    const place = await site.place({ config: { shutdown_grace: '1 second' } });
    place.writeSpec('slow', slowSpec(1000, { schedule: EVERY_SECOND, task_name: 'endless' }));
    const daemon = place.start('daemon');
    await daemon.waitForLine(/ reading /);
    daemon.kill('SIGTERM');
    const result = await daemon.exit;
    expect([result.code, result.signal]).toEqual([0, null]);
    expect(await place.remains()).toEqual(NOTHING);
    await queryGone('SLEEP(250)');
    const subjects = site.mailbox.mails().map((mail) => mail.subject);
    expect(subjects.filter((subject) => subject?.includes('endless'))).toEqual([
      '[tidemark] endless failed: INTERRUPTED',
    ]);
  });

  it('aborts at once at a second SIGTERM', async () => {
    const place = await site.place({ config: { shutdown_grace: '10 minutes' } });
    place.writeSpec('slow', slowSpec(1200, { schedule: EVERY_SECOND }));
    const daemon = place.start('daemon');
    await daemon.waitForLine(/ reading /);
    daemon.kill('SIGTERM');
    await daemon.waitForLine(/daemon stops/);
    daemon.kill('SIGTERM');
    const result = await daemon.exit; // within the time that a test has, which is less than the grace
    expect([result.code, result.signal]).toEqual([0, null]);
    expect(await place.remains()).toEqual(NOTHING);
  });
});
