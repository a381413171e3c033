/** A backfill goes from window to window, and on after one that an earlier process had published. */
import { runBackfill } from '../../src/backfill.ts';
import type { RunReport } from '../../src/domain/run.ts';
import { TidemarkError } from '../../src/errors.ts';
import { UNOBSERVED, type Installation } from '../../src/execute.ts';
import { backfillOf, horizonAt, microsAt } from '../support/runs.ts';
import { diedInCommit, fakeInstallation } from './fake-installation.ts';
import { specOf } from './plan/sample.ts';
import type { Remains } from './publish/bucket.ts';
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

async function backfill(
  installation: Installation,
  now = '2026-07-02T00:00:00Z',
): Promise<{
  readonly failed: Awaited<ReturnType<typeof runBackfill>>;
  readonly reports: readonly RunReport[];
}> {
  const reports: RunReport[] = [];
  const source = fakeSource(() => {}, false, horizonAt(microsAt(now)));
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
  expect(installation.lines.filter((line) => line.includes('goes on after it'))).toHaveLength(1);
});

it('says once that it waits for a live run that has the task', async () => {
  const installation = fakeInstallation();
  let refusals = 2;
  const lockTask: Installation['lockTask'] = (task) => {
    if (refusals-- > 0) throw new TidemarkError('ALREADY_RUNNING', 'busy');
    return installation.lockTask(task);
  };
  const { failed } = await backfill({ ...installation, lockTask });
  expect(failed).toBeNull();
  expect(installation.lines.filter((line) => line.includes('goes on after it'))).toHaveLength(1);
});

it('runs no window where the last one reaches into the present', async () => {
  const installation = fakeInstallation();
  await expect(backfill(installation, '2026-01-02T12:00:00Z')).rejects.toMatchObject({
    code: 'BACKFILL_AHEAD',
  });
  expect(installation.began).toEqual([]);
  expect(installation.bucket.events).toEqual([]);
});

it('leaves it to the first run to meet whatever else is wrong', async () => {
  const installation = fakeInstallation();
  const memory = (): never => {
    throw new TidemarkError('STATE_UNUSABLE', 'the disk is full');
  };
  const { failed } = await backfill({ ...installation, runs: { ...installation.runs, memory } });
  expect(failed?.error?.code).toBe('STATE_UNUSABLE');
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
  const { from, to } = WINDOWS[0]!;
  const remains = diedInCommit(backfillOf(new Date(`${to}T00:00:00Z`), from, to, '7'));
  const { key, body } = remains.entry!.manifest!;
  remains.objects.set(key, body);
  remains.owners.set(key, 'died');
  return remains;
}

it('waits between windows until a blackout is over, and not where it is told to ignore it', async () => {
  const installation = fakeInstallation();
  const looks: number[] = [];
  const blackoutEnd = (): Date | null => {
    looks.push(installation.began.length);
    // Begins after the first window, and is over after three looks.
    return installation.began.length === 1 && looks.length < 6 ? new Date('2026-07-02T10:00:00Z') : null;
  };
  const { failed } = await backfill({ ...installation, blackoutEnd });
  expect(failed).toBeNull();
  expect(looks.filter((began) => began === 1).length).toBeGreaterThan(2);
  expect(installation.lines.filter((line) => line.includes('when the blackout is over'))).toHaveLength(1);
  const shut = { ...fakeInstallation(), blackoutEnd: () => new Date('2026-07-02T10:00:00Z') };
  expect((await backfill({ ...shut, ignoreBlackout: true })).failed).toBeNull();
});
