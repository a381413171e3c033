import { lastRun } from '../../../src/http/task-list.ts';
import { fakeReport } from '../schedule/fake-report.ts';

describe('lastRun', () => {
  const at = new Date('2026-03-04T05:06:07Z');

  it('keeps the figures of a report, summed over its tables', () => {
    const report = fakeReport('a', at);
    const twice = { ...report, tables: [...report.tables, ...report.tables] };
    expect(lastRun(twice)).toEqual({
      run_id: 'run-of-a',
      status: 'succeeded',
      scheduled_for: '2026-03-04T05:06:07.000Z',
      started_at: '2026-03-04T05:06:07.000Z',
      finished_at: '2026-03-04T05:06:07.000Z',
      duration_ms: 0,
      rows: 6,
      bytes: 80,
      files: 1,
      error: null,
    });
  });

  it('keeps why a run failed', () => {
    expect(lastRun(fakeReport('a', at, 'TABLE_UNKNOWN')).error).toMatchObject({ code: 'TABLE_UNKNOWN' });
  });
});
