/**
 * `npm run demo`: Tidemark from a spec in a folder to objects in S3 and a mail, on servers of its own, in less than
 * two minutes. Ends with 0 only if everything it tells of has happened.
 */
import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { startDaemon, type RunningCli } from '../tests/support/cli.ts';
import { loadHr, loadLargeTable } from '../tests/support/hr.ts';
import { freshDatabase, grantReader, serverVersion, startMySql } from '../tests/support/mysql.ts';
import { startS3, type TestS3 } from '../tests/support/s3.ts';
import { startMailbox } from '../tests/support/smtp.ts';
import { workspace, type Workspace } from '../tests/support/workspace.ts';
import { employees, events, payroll } from './demo/specs.ts';
import { block, failure, letter, note, seen, step, title } from './demo/terminal.ts';

const EVENT_ROWS = 200_000;
const SECONDS_AT_MOST = 110;

interface Manifest {
  readonly entries: readonly {
    readonly url: string;
    readonly meta: { readonly content_length: number; readonly record_count: number };
  }[];
}

interface Stage {
  readonly s3: TestS3;
  readonly bucket: string;
  readonly place: Workspace;
  readonly daemon: RunningCli;
}

async function main(): Promise<void> {
  title('Tidemark: a spec dropped into a folder becomes objects in S3, on schedule, all or nothing.');

  step('Start a database, an S3 endpoint and a mail server, all private to this demo');
  const [server, s3, mailbox] = await Promise.all([startMySql(), startS3(), startMailbox()]);
  const [database, bucket] = await Promise.all([freshDatabase(server.url), s3.bucket()]);
  const { flavor, version } = await serverVersion(database);
  const product = flavor === 'mariadb' ? 'MariaDB' : 'MySQL';
  seen(
    `${product} ${version.join('.')} on port ${database.port}, S3 at ${s3.endpoint}, SMTP on port ${mailbox.port}`,
  );

  step('Fill the database');
  await loadHr(database.connection);
  seen(
    'a small human-resources schema: regions, countries, locations, jobs, departments, employees, dependents',
  );
  await loadLargeTable(database.connection, EVENT_ROWS);
  seen(`and a larger table: events, ${EVENT_ROWS.toLocaleString('en')} rows`);
  const reader = await grantReader(database);

  step('Start the daemon on an empty folder of specs');
  const place = await workspace({ database: { ...database, ...reader }, s3, bucket, mailbox });
  const daemon = startDaemon(place.configFile, { cwd: place.folder });
  note(`tidemark daemon --config ${place.configFile}`);
  let stopping = false;
  void daemon.exit.then(({ code, stderr }) => {
    if (stopping) return;
    failure(
      `the daemon ended with exit code ${code}; its last lines:\n${stderr.split('\n').slice(-20).join('\n')}`,
    );
    process.exit(1);
  });
  await daemon.waitForLine(/INFO/);
  seen(`it runs, process ${daemon.pid}, as a database user that may SELECT and nothing else`);

  const stage = { s3, bucket, place, daemon };
  await showOneObject(stage);
  await showBatches(stage);

  step('Drop a spec with a mistake in it: the table has no column "salery"');
  const file = drop(stage, 'payroll', payroll);
  const [mail] = await mailbox.waitForMail();
  rmSync(file);
  ensure(
    mail?.subject?.includes('COLUMN_UNKNOWN') === true,
    `a mail about COLUMN_UNKNOWN, not ${mail?.subject}`,
  );
  seen('its run failed, nothing was published, and its owner has mail:');
  const to = [mail.to].flat().map((address) => address?.text);
  const text = (mail.text ?? '').trimEnd().split('\n');
  letter(`From: ${mail.from?.text}   To: ${to.join(', ')}`, [`Subject: ${mail.subject}`, '', ...text]);
  ensure(
    (await s3.list(bucket)).every((key) => !key.startsWith('payroll/')),
    'no object of the failed task',
  );

  step('Stop the daemon (SIGTERM)');
  stopping = true;
  const { code } = await daemon.stop();
  ensure(code === 0, `the daemon's exit code 0, not ${code}`);
  ensure((await s3.openUploads(bucket)).length === 0, 'no multipart upload left open');
  seen('exit code 0, and no upload left half-way');

  place.remove();
  await database.connection.end();
  await Promise.all([server.stop(), s3.stop(), mailbox.stop()]);
  title(`Done in ${Math.round(performance.now() / 1000)} s. Everything the demo started has ended.`);
}

async function showOneObject(stage: Stage): Promise<void> {
  step(
    'Drop a spec into the folder: employees hired after 1995-05-05 whose manager is not 103, every five seconds',
  );
  const file = drop(stage, 'employees', employees);
  seen(`the daemon has seen it: ${await stage.daemon.waitForLine(/employees/)}`);
  const { key, manifest } = await firstManifest(stage, 'employees');
  const [object] = await objectsOf(stage, key);
  ensure(object !== undefined, 'an object of employees');
  seen('its first run has published:');
  const lines = (await stage.s3.get(stage.bucket, object)).toString('utf8').trimEnd().split('\n');
  block(`s3://${stage.bucket}/${object}`, [...lines.slice(0, 4), `… ${lines.length - 1} rows`]);
  ensure(lines.length - 1 === 82, `82 employees, not ${lines.length - 1}`);
  ensure(totalRows(manifest) === 82, `82 rows in the manifest, not ${totalRows(manifest)}`);
  const next = await firstManifest(stage, 'employees', key);
  seen(`and again, five seconds later: ${next.key}`);
  rmSync(file);
}

async function showBatches(stage: Stage): Promise<void> {
  step('Drop a spec for the larger table, with "batch_threshold_mb": 4');
  const file = drop(stage, 'events', events);
  const { key, manifest } = await firstManifest(stage, 'events');
  rmSync(file);
  seen('one consistent snapshot of it, in batches of at most 4 MB:');
  let rows = 0;
  for (const entry of manifest.entries) {
    const object = entry.url.replace(`s3://${stage.bucket}/`, '');
    const content = await stage.s3.get(stage.bucket, object);
    const [, first = ''] = content.toString('utf8', 0, 1000).split('\n');
    const { content_length: bytes, record_count: count } = entry.meta;
    block(`s3://${stage.bucket}/${object}`, [
      `${count.toLocaleString('en')} rows, ${(bytes / 1e6).toFixed(2)} MB; the first: ${first}`,
    ]);
    ensure(
      content.length === bytes && bytes <= 4e6,
      `${bytes} bytes and at most 4 MB, not ${content.length}`,
    );
    rows += count;
  }
  ensure(manifest.entries.length > 1, 'more than one batch');
  ensure(rows === EVENT_ROWS, `${EVENT_ROWS} rows over all batches, not ${rows}`);
  seen(
    `each of the ${rows.toLocaleString('en')} rows is in exactly one of them; the manifest, written last, lists them:`,
  );
  const text = (await stage.s3.get(stage.bucket, key)).toString('utf8').split('\n');
  block(`s3://${stage.bucket}/${key}`, [...text.slice(0, 12), '…']);
}

function drop(stage: Stage, name: string, spec: unknown): string {
  const file = stage.place.writeSpec(name, spec);
  note(file);
  return file;
}

/** The first manifest of a task, or the first after another one. */
async function firstManifest(
  stage: Stage,
  task: string,
  after = '',
): Promise<{ key: string; manifest: Manifest }> {
  for (;;) {
    const keys = await stage.s3.list(stage.bucket);
    const key = keys.find((other) => other.startsWith(`${task}/_manifest_`) && other > after);
    if (key !== undefined) {
      const body = await stage.s3.get(stage.bucket, key);
      return { key, manifest: JSON.parse(body.toString('utf8')) as Manifest };
    }
    await sleep(100);
  }
}

/** Keys of the objects that were published with a manifest: they bear its time stamp. */
async function objectsOf(stage: Stage, manifestKey: string): Promise<string[]> {
  const [task = '', name = ''] = manifestKey.split('/');
  const stamp = /\d{14}/.exec(name)?.[0] ?? 'none';
  const keys = await stage.s3.list(stage.bucket);
  return keys.filter((key) => key.startsWith(`${task}/${task}_${stamp}`));
}

function totalRows(manifest: Manifest): number {
  return manifest.entries.reduce((sum, entry) => sum + entry.meta.record_count, 0);
}

function ensure(condition: boolean, expected: string): asserts condition {
  if (!condition) throw new Error(`expected ${expected}`);
}

const interrupted = (): never => process.exit(130);
process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
setTimeout(() => {
  failure(`it was not over after ${SECONDS_AT_MOST} s`);
  process.exit(1);
}, SECONDS_AT_MOST * 1000).unref();
try {
  await main();
} catch (error) {
  failure((error as Error).message);
  process.exit(1);
}
