/** What a run reports: of a failed one, as much as there was. */
import { TidemarkError } from '../../src/errors.ts';
import { beginRun, failedReport, notBegun, succeededReport } from '../../src/report.ts';
import type { RunState } from '../../src/report.ts';
import { RUN, planOf } from './plan/sample.ts';

const OBJECT = {
  table: 'employees',
  batch: 0,
  key: 'staff/employees_0.csv',
  uploadId: 'u',
  parts: [],
  rows: 5,
  bytes: 70,
  crc32: '0',
};
const ERROR = new TidemarkError('CONNECTION_LOST', 'gone');

function stateOf(change: (state: RunState) => void = () => {}): RunState {
  const state = beginRun('staff', RUN);
  state.plan = planOf();
  change(state);
  return state;
}

it('lists tables and files of a run that succeeded', () => {
  const state = stateOf(({ tables }) => {
    tables.push({ name: 'employees', objects: [OBJECT, { ...OBJECT, batch: 1 }], rows: 10, bytes: 140 });
  });
  const report = succeededReport(state, 'm.json');
  expect(report).toMatchObject({
    task: 'staff',
    run_id: RUN.runId,
    status: 'succeeded',
    scheduled_for: '2026-07-01T02:03:04.000Z',
    tables: [{ name: 'employees', rows: 10, bytes: 140, files: 2, sql: [planOf().exports[0]!.sql] }],
    manifest: 'm.json',
    error: null,
  });
  expect(report.files[0]).toEqual({ key: OBJECT.key, table: 'employees', batch: 0, rows: 5, bytes: 70 });
  expect(report.duration_ms).toBe(Date.parse(report.finished_at) - Date.parse(report.started_at));
  expect(report.duration_ms).toBeGreaterThanOrEqual(0);
});

it('has no files of a run that failed, whatever was uploaded', () => {
  const state = stateOf(({ tables }) => {
    tables.push({ name: 'employees', objects: [OBJECT], rows: 5, bytes: 70 });
  });
  expect(failedReport(state, ERROR)).toMatchObject({
    status: 'failed',
    tables: [{ rows: 5, files: 1 }],
    files: [],
    manifest: null,
    error: { code: 'CONNECTION_LOST', message: 'gone', hint: ERROR.hint, retryable: true },
  });
});

it('knows no table before there is a plan, and none that was not read to its end', () => {
  expect(failedReport(beginRun('staff', RUN), ERROR)).toMatchObject({
    tables: [],
    windows: [],
    schema_changes: [],
    unexpected_sizes: [],
    warnings: [],
  });
  expect(failedReport(stateOf(), ERROR).tables).toMatchObject([
    { name: 'employees', rows: 0, bytes: 0, files: 0 },
  ]);
});

it('tells a run that was not wanted from one that could not begin', () => {
  const end = (code: 'ALREADY_RUNNING' | 'STATE_UNUSABLE'): string =>
    notBegun(beginRun('staff', RUN), new TidemarkError(code, 'x')).report.status;
  expect(end('ALREADY_RUNNING')).toBe('skipped');
  expect(end('STATE_UNUSABLE')).toBe('failed');
});

it('is plain data', () => {
  const report = failedReport(stateOf(), ERROR);
  expect(JSON.parse(JSON.stringify(report))).toEqual(report);
});
