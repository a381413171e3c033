/** What becomes of a run that has not the size that its spec expects. */
import type { Expectation } from '../../src/domain/spec.ts';
import { runTask } from '../../src/run.ts';
import { NO_MEMORY } from '../support/runs.ts';
import { RUN, STAMP, specOf } from './plan/sample.ts';
import { fakeBucket, nothing } from './publish/bucket.ts';
import { fakeSource, portsOf } from './publish/fake-run.ts';

const never = new AbortController().signal;
/** Two tables of two rows each. */
const SPEC = specOf({ table: [{ name: 'employees' }, { name: 'jobs', columns: ['job_id', 'title'] }] });
const few: Expectation = { minRows: 5, maxChange: null, onViolation: 'warn' };
const MESSAGE = 'The run has 4 rows; at least 5 are expected (expect.min_rows).';

function runWith(expect: Expectation, more: Parameters<typeof portsOf>[0] = fakeSource()) {
  const bucket = fakeBucket();
  const memory = { ...NO_MEMORY, usual: { weekday: 'Wednesday', rows: [40, 50, 60] } };
  const ports = { ...portsOf(more, bucket), memory };
  return { bucket, ended: runTask({ ...SPEC, expect }, RUN, ports, never) };
}

it('is published, and says so in its report, its manifest and what is recorded', async () => {
  const { bucket, ended } = runWith(few);
  const { report } = await ended;
  expect(report).toMatchObject({ status: 'succeeded', warnings: expect.arrayContaining([MESSAGE]) });
  expect(report.unexpected_sizes).toMatchObject([{ expectation: 'min_rows', rows: 4, allowed: '5' }]);
  const manifest = bucket.remains.objects.get(`staff/_manifest_${STAMP}.json`);
  expect(JSON.parse(manifest!)).toMatchObject({ warnings: report.warnings });
  expect(bucket.remains.records[0]?.report.unexpected_sizes).toEqual(report.unexpected_sizes);
});

it('says nothing where it is as large as expected', async () => {
  const { report } = await runWith({ ...few, minRows: 4 }).ended;
  expect(report).toMatchObject({ status: 'succeeded', unexpected_sizes: [] });
});

it('is compared with what is usual', async () => {
  const maxChange = { text: '50%', millionths: 50_000_000 };
  const { report } = await runWith({ minRows: null, maxChange, onViolation: 'warn' }).ended;
  expect(report.unexpected_sizes).toMatchObject([{ expectation: 'max_change', usual_rows: 50 }]);
});

it('leaves nothing in the bucket where the spec says that it fails', async () => {
  const { bucket, ended } = runWith({ ...few, onViolation: 'fail' });
  const { report, error } = await ended;
  expect(error?.code).toBe('EXPECTATION_FAILED');
  expect(report).toMatchObject({ status: 'failed', error: { message: MESSAGE, retryable: false } });
  expect(report.unexpected_sizes).toHaveLength(1);
  expect(bucket.remains).toEqual(nothing());
});
