/** One mail for each run that wrote changed columns, whoever sends it. */
import type { SchemaChange } from '../../../src/domain/plan.ts';
import type { RunReport } from '../../../src/domain/run.ts';
import { recordEnd } from '../../../src/state/runs.ts';
import { report, spec, success } from './sample.ts';
import { setUp, type SetUp } from './set-up.ts';

const CHANGE: SchemaChange = {
  table: 'employees',
  column: 'password',
  change: 'added',
  before: null,
  after: "enum('hunter2')",
  message: "employees: column password (enum('hunter2')) is new.",
};
const changed: RunReport = { ...success, schema_changes: [CHANGE] };
const context = { nextFire: null, logTail: [] };
const SUBJECT = '[tidemark] employees: columns changed';
const subjects = ({ sent }: SetUp): string[] => sent.map(({ subject }) => subject);

/** As the run leaves it in the state. */
function recorded(process: SetUp, one: RunReport): void {
  const schemas = one.kind === 'backfill' ? [] : [{ table: 'employees', columns: [] }];
  const record = { report: one, stamp: one.run_id, sink: 's3', watermarks: [], schemas, backfill: null };
  recordEnd(process.db, record, new Date(one.finished_at));
}

it('is mailed once, also where it is told twice', async () => {
  const process = setUp();
  recorded(process, changed);
  process.notifier.runFinished(spec, changed, context);
  process.notifier.runFinished(spec, changed, context);
  process.notifier.runBegins(spec);
  await process.notifier.close();
  expect(subjects(process)).toEqual([SUBJECT]);
  expect(process.sent[0]!.text).toContain("column password (enum('[redacted]')) is new");
});

it('is mailed when the task runs again, where the process died before it could', async () => {
  const before = setUp();
  recorded(before, changed);
  const process = before.again();
  process.notifier.runBegins(spec);
  await process.notifier.close();
  const later = process.again();
  later.notifier.runBegins(spec);
  await later.notifier.close();
  expect([...subjects(process), ...subjects(later)]).toEqual([SUBJECT]);
});

it('is mailed beside a recovery', async () => {
  const process = setUp();
  process.notifier.runFinished(spec, report, context);
  recorded(process, changed);
  const finished_at = new Date(Date.parse(report.finished_at) + 60_000).toISOString();
  process.notifier.runFinished(spec, { ...changed, finished_at }, context);
  await process.notifier.close();
  expect(subjects(process)).toEqual([
    '[tidemark] employees failed: PRIVILEGE_MISSING',
    '[tidemark] employees recovered',
    SUBJECT,
  ]);
});

it('is mailed of no backfill, and of no failed run', async () => {
  const process = setUp();
  const backfill: RunReport = { ...changed, kind: 'backfill' };
  recorded(process, backfill);
  process.notifier.runFinished(spec, backfill, context);
  process.notifier.runFinished(spec, { ...report, schema_changes: [CHANGE] }, context);
  await process.notifier.close();
  expect(subjects(process)).toEqual(['[tidemark] employees failed: PRIVILEGE_MISSING']);
});

it('is mailed directly where the state cannot be used', async () => {
  const { book } = setUp();
  const broken = {
    ...book,
    atOnce: () => {
      throw new Error('no space');
    },
  };
  const process = setUp({ book: broken });
  process.notifier.runFinished(spec, { ...changed, kind: 'backfill' }, context);
  process.notifier.runFinished(spec, changed, context);
  await process.notifier.close();
  expect(subjects(process)).toEqual([SUBJECT]);
});
