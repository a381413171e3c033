/** Columns that change between two runs, as the owner and the command line hear of it. */
import { openSite, type Place, type Site } from './site.ts';
import { startMailbox, type Mailbox } from '../support/smtp.ts';
import { reportOf } from './report.ts';
import { regionsSpec } from './specs.ts';

let site: Site;
let mailbox: Mailbox;
beforeAll(async () => {
  site = await openSite();
  mailbox = await startMailbox();
});
afterAll(async () => {
  await mailbox.stop();
  await site.stop();
});

let number = 0;
/** A table of its own and a task that exports it, which has run once. */
async function staff(
  on_schema_change?: string,
): Promise<{ place: Place; table: string; spec: string; subjects: () => (string | undefined)[] }> {
  const table = `staff_${number++}`;
  await site.database.connection.query(`CREATE TABLE ${table} (id INT PRIMARY KEY, salary DECIMAL(8,2))`);
  const place = await site.place({ smtp: { port: mailbox.port } });
  const spec = place.writeSpec(
    table,
    regionsSpec({ task_name: table, table: { name: table }, on_schema_change }),
  );
  expect((await place.tidemark('run', '-s', spec)).code).toBe(0);
  await site.database.connection.query(`ALTER TABLE ${table} MODIFY salary DECIMAL(10,2)`);
  const subjects = (): (string | undefined)[] =>
    mailbox.mails().flatMap(({ subject }) => (subject?.includes(table) === true ? [subject] : []));
  return { place, table, spec, subjects };
}

it('tells the owner once, and the run succeeds', async () => {
  const { place, table, spec, subjects } = await staff();
  const changed = await place.tidemark('run', '-s', spec, '--json');
  expect(changed.code).toBe(0);
  expect(reportOf(changed).schema_changes).toMatchObject([
    { table, column: 'salary', change: 'type', before: 'decimal(8,2)', after: 'decimal(10,2)' },
  ]);
  expect((await place.tidemark('run', '-s', spec)).code).toBe(0);
  expect(subjects()).toEqual([`[tidemark] ${table}: columns changed`]);
  const mail = mailbox.mails().find(({ subject }) => subject?.includes(table));
  expect(mail?.text).toContain(`${table}: column salary changed from decimal(8,2) to decimal(10,2).`);
});

it('stops where the spec says so, until the change is accepted', async () => {
  const { place, table, spec, subjects } = await staff('fail');
  const refused = await place.tidemark('run', '-s', spec);
  expect(refused.code).toBe(1);
  expect(refused.stdout).toContain('SCHEMA_CHANGED');
  expect(refused.stdout).toContain(`tidemark run -s ${spec} --accept-schema-change`);
  const plan = await place.tidemark('plan', '-s', spec);
  expect([plan.code, plan.stdout]).toEqual([
    0,
    expect.stringContaining(`warning: ${table}: column salary changed from decimal(8,2) to decimal(10,2).`),
  ]);
  expect((await place.tidemark('run', '-s', spec, '--accept-schema-change')).code).toBe(0);
  expect((await place.tidemark('run', '-s', spec)).code).toBe(0);
  expect(subjects()).toEqual([
    `[tidemark] ${table} failed: SCHEMA_CHANGED`,
    `[tidemark] ${table} recovered`,
    `[tidemark] ${table}: columns changed`,
  ]);
});
