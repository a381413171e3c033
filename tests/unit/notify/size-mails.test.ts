/** One mail for runs of unexpected size, whoever sends it, and then ever fewer. */
import type { RunReport } from '../../../src/domain/run.ts';
import { recordEnd } from '../../../src/state/runs.ts';
import { spec, success } from './sample.ts';
import { HOUR, setUp, type SetUp } from './set-up.ts';

const SUBJECT = '[tidemark] employees: unexpected size';
const START = Date.parse(success.finished_at);
const SIZE: RunReport['unexpected_sizes'][0] = {
  expectation: 'min_rows',
  rows: 12,
  usual_rows: null,
  allowed: '1000',
  message: 'The run has 12 rows; at least 1,000 are expected, hunter2.',
};
/** A run that ended so many hours later. */
const runAt = (hour: number, more: Partial<RunReport> = {}): RunReport => ({
  ...success,
  run_id: `run-${hour}`,
  finished_at: new Date(START + hour * HOUR).toISOString(),
  ...more,
});
const oddAt = (hour: number): RunReport => runAt(hour, { unexpected_sizes: [SIZE] });

function recorded({ db }: SetUp, report: RunReport): void {
  const record = { report, stamp: report.run_id, sink: 's3', watermarks: [], schemas: [], backfill: null };
  recordEnd(db, record, new Date(report.finished_at));
}
function ended(process: SetUp, report: RunReport): void {
  recorded(process, report);
  process.notifier.runFinished(spec, report, { nextFire: null, logTail: [] });
}
const told = ({ sent }: SetUp): string[] =>
  sent.map(({ subject, text }) => `${subject} ${/\d+ runs/.exec(text)?.[0] ?? ''}`.trim());

it('are mailed to the owner once, without secrets, with what was found and what to do', async () => {
  const process = setUp();
  ended(process, oddAt(0));
  process.notifier.runFinished(spec, oddAt(0), { nextFire: null, logTail: [] });
  process.notifier.runBegins(spec);
  await process.notifier.close();
  expect(told(process)).toEqual([SUBJECT]);
  const [mail] = process.sent;
  expect(mail?.to.address).toBe('owner@example.com');
  expect(mail?.text).toContain('at least 1,000 are expected, [redacted]');
  expect(mail?.text).toContain('change expect in specs/employees.json');
});

it('are mailed when the task runs again, where the process died before it could', async () => {
  const before = setUp();
  recorded(before, oddAt(0));
  const process = before.again();
  process.notifier.runBegins(spec);
  process.notifier.runBegins(spec);
  await process.notifier.close();
  expect(told(process)).toEqual([SUBJECT]);
});

it('are mailed ever less often while they go on, in one thread', async () => {
  const process = setUp();
  for (let hour = 0; hour < 9; hour++) ended(process, oddAt(hour));
  await process.notifier.close();
  expect(told(process)).toEqual([SUBJECT, `${SUBJECT} 2 runs`, `${SUBJECT} 8 runs`]);
  const [first, ...others] = process.sent;
  for (const { headers } of others) expect(headers['References']).toBe(first?.messageId);
});

it('are news again after a run of the expected size, which a run by hand does not show', async () => {
  const process = setUp();
  ended(process, oddAt(0));
  ended(process, runAt(0.1, { kind: 'manual' }));
  ended(process, oddAt(0.2));
  ended(process, runAt(0.3));
  ended(process, oddAt(0.4));
  await process.notifier.close();
  expect(told(process)).toEqual([SUBJECT, SUBJECT]);
});

it('say nothing about failures: the two are remembered apart', async () => {
  const process = setUp();
  ended(process, oddAt(0));
  const error = { code: 'LOCK_TIMEOUT', message: 'm', hint: 'h', retryable: true } as const;
  ended(process, runAt(0.1, { status: 'failed', error }));
  ended(process, oddAt(0.2));
  await process.notifier.close();
  expect(told(process)).toEqual([
    SUBJECT,
    '[tidemark] employees failed: LOCK_TIMEOUT',
    '[tidemark] employees recovered',
  ]);
});
