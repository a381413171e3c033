/** A backfill goes from window to window, and on after one that an earlier process had published. */
import { runBackfill } from '../../src/backfill.ts';
import type { RunReport } from '../../src/domain.ts';
import { TidemarkError } from '../../src/errors.ts';
import { UNOBSERVED, type Installation } from '../../src/execute.ts';
import { attemptOf, backfillOf, horizonAt, microsAt, recordFor } from '../support/runs.ts';
import { fakeInstallation } from './fake-installation.ts';
import { specOf } from './plan/sample.ts';
import { nothing, type Remains } from './publish/bucket.ts';
import { fakeSource } from './publish/fake-run.ts';

const NEVER = new AbortController().signal;
const SPEC = specOf({
  retries: 0,
  table: { name: 'employees', columns: '*', cdc: { changed: { mode: 'watermark' } } },
});
const WINDOWS = [
  { from: '2026-01-01', to: '2026-01-02' },
  { from: '2026-01-02', to: '2026-01-03' },
];

async function backfill(installation: Installation): Promise<{
  readonly failed: Awaited<ReturnType<typeof runBackfill>>;
  readonly reports: readonly RunReport[];
}> {
  const reports: RunReport[] = [];
  const source = fakeSource(() => {}, false, horizonAt(microsAt('2026-07-02T00:00:00Z')));
  const failed = await runBackfill(
    { ...installation, source: () => source.source },
    SPEC,
    { id: '7', windows: WINDOWS },
    UNOBSERVED,
    (_, report) => reports.push(report),
    NEVER,
  );
  return { failed, reports };
}

it('runs one window after the other, each with keys of its own', async () => {
  const { failed, reports } = await backfill(fakeInstallation());
  expect(failed).toBeNull();
  expect(reports).toMatchObject([
    { status: 'succeeded', manifest: 'staff/_manifest_backfill_7_20260102000000.json' },
    { status: 'succeeded', manifest: 'staff/_manifest_backfill_7_20260103000000.json' },
  ]);
});

it('lets a live run that asks for it have its turn before the next window', async () => {
  const installation = fakeInstallation();
  let asks = 2;
  const seen: number[] = [];
  const turns = {
    ...installation.turns,
    isAsked: () => {
      seen.push(installation.began.length);
      return asks-- > 0;
    },
  };
  const { reports } = await backfill({ ...installation, turns });
  expect(reports).toHaveLength(2);
  expect(seen).toEqual([0, 0, 0, 1]);
});

it('ends with the first window that fails', async () => {
  const installation = fakeInstallation({
    onEvent: (event) => {
      if (event.startsWith('put')) throw new TidemarkError('S3_ACCESS_DENIED', 'no');
    },
  });
  const { failed, reports } = await backfill(installation);
  expect(failed?.error?.code).toBe('S3_ACCESS_DENIED');
  expect(reports).toHaveLength(1);
});

it('does not run a window again that recovery has only now found to be published, and goes on', async () => {
  const installation = fakeInstallation({ remains: publishedAndDied() });
  const { failed, reports } = await backfill(installation);
  expect(failed).toBeNull();
  expect(reports).toMatchObject([
    { status: 'skipped', error: { code: 'ALREADY_DONE' } },
    { status: 'succeeded', manifest: 'staff/_manifest_backfill_7_20260103000000.json' },
  ]);
  const { owners } = installation.bucket.remains;
  expect(owners.get('staff/_manifest_backfill_7_20260102000000.json')).toBe('died');
});

/** What is left of the first window's run whose process died before it could be recorded. */
function publishedAndDied(): Remains {
  const remains = nothing();
  const { from, to } = WINDOWS[0]!;
  const run = attemptOf(backfillOf(new Date(`${to}T00:00:00Z`), from, to, '7'), { runId: 'died' });
  const manifest = { key: `staff/_manifest_${run.stamp}.json`, body: '{}' };
  remains.objects.set(manifest.key, manifest.body);
  remains.owners.set(manifest.key, 'died');
  remains.entry = {
    runId: 'died',
    task: 'staff',
    sink: 's3',
    phase: 'committing',
    uploads: [],
    prepared: [],
    manifest,
  };
  remains.committing = recordFor(run, 'staff');
  return remains;
}
