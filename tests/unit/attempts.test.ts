/** What is tried again, and what ends the waiting. */
import { withRetries, withTimeout } from '../../src/attempts.ts';
import type { Retries } from '../../src/domain/spec.ts';
import { ERRORS, type ErrorCode } from '../../src/error-codes.ts';
import { TidemarkError } from '../../src/errors.ts';
import { beginRun, failedReport, succeededReport } from '../../src/report.ts';
import type { RunEnd } from '../../src/report.ts';
import { RUN } from './plan/sample.ts';

const NEVER = new AbortController().signal;
const AT_ONCE: Retries = { count: 3, firstDelayMs: 0, maxDelayMs: 0 };

function failed(code: ErrorCode): RunEnd {
  const error = new TidemarkError(code, 'no');
  return { report: failedReport(beginRun('staff', RUN), error), error };
}

const succeeded: RunEnd = { report: succeededReport(beginRun('staff', RUN), null), error: null };

/** Attempts that end one after the other as given; the last of them again and again. */
async function attempts(
  ends: readonly RunEnd[],
  retries: Retries = AT_ONCE,
  signal = NEVER,
): Promise<{
  readonly numbers: readonly number[];
  readonly retried: readonly string[];
  readonly end: RunEnd;
}> {
  const numbers: number[] = [];
  const retried: string[] = [];
  const end = await withRetries(
    retries,
    (number) => {
      numbers.push(number);
      return Promise.resolve(ends[Math.min(number, ends.length) - 1]!);
    },
    ({ code }, number, delay) => retried.push(`${number} ${code} ${delay}`),
    signal,
  );
  return { numbers, retried, end };
}

describe('a run', () => {
  it('that succeeds is not tried again', async () => {
    expect(await attempts([succeeded])).toEqual({ numbers: [1], retried: [], end: succeeded });
  });

  it('is tried until it succeeds', async () => {
    const { numbers, retried, end } = await attempts([
      failed('CONNECTION_LOST'),
      failed('S3_THROTTLED'),
      succeeded,
    ]);
    expect(numbers).toEqual([1, 2, 3]);
    expect(retried).toEqual(['1 CONNECTION_LOST 0', '2 S3_THROTTLED 0']);
    expect(end).toBe(succeeded);
  });

  it('is tried as often as the spec says, and then failed with the last error', async () => {
    const { numbers, retried, end } = await attempts([failed('CONNECTION_LOST'), failed('LOCK_TIMEOUT')]);
    expect(numbers).toEqual([1, 2, 3, 4]);
    expect(retried).toHaveLength(3);
    expect(end.error?.code).toBe('LOCK_TIMEOUT');
    expect((await attempts([failed('CONNECTION_LOST')], { ...AT_ONCE, count: 0 })).numbers).toEqual([1]);
  });

  it('stops at an error that does not pass', async () => {
    const { numbers, end } = await attempts([failed('CONNECTION_LOST'), failed('PRIVILEGE_MISSING')]);
    expect(numbers).toEqual([1, 2]);
    expect(end.error?.code).toBe('PRIVILEGE_MISSING');
  });

  const codes = Object.keys(ERRORS) as ErrorCode[];
  const final = new Set(['INTERRUPTED', 'ALREADY_RUNNING', 'ALREADY_DONE', 'RUN_TIMEOUT']);
  it.each(codes)('that failed with %s is tried again only where that can help', async (code) => {
    const { numbers } = await attempts([failed(code), succeeded]);
    expect(numbers).toEqual(ERRORS[code].retryable && !final.has(code) ? [1, 2] : [1]);
  });

  it('that is told to stop while it waits makes its last attempt at once: that one says so', async () => {
    const stop = new AbortController();
    const long: Retries = { count: 5, firstDelayMs: 3_600_000, maxDelayMs: 3_600_000 };
    const running = attempts([failed('CONNECTION_LOST'), failed('INTERRUPTED')], long, stop.signal);
    setImmediate(() => stop.abort());
    const { numbers, end } = await running;
    expect(numbers).toEqual([1, 2]);
    expect(end.error?.code).toBe('INTERRUPTED');
  });

  it('that was told to stop while it was failing ends with an attempt that says so', async () => {
    const ends = [failed('CONNECTION_LOST'), failed('INTERRUPTED')];
    const { numbers } = await attempts(ends, AT_ONCE, AbortSignal.abort());
    expect(numbers).toEqual([1, 2]);
  });
});

describe('a timeout', () => {
  it('ends the run with its own reason', async () => {
    const { signal, release } = withTimeout(NEVER, 1);
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    expect(signal.reason).toMatchObject({
      code: 'RUN_TIMEOUT',
      message: 'The run took longer than its timeout of 0.001 s, all its attempts together.',
    });
    release();
  });

  it('hands on why the run was to stop before', () => {
    const stop = new AbortController();
    const { signal, release } = withTimeout(stop.signal, 3_600_000);
    const reason = new TidemarkError('INTERRUPTED', 'asked to stop');
    expect(signal.aborted).toBe(false);
    stop.abort(reason);
    expect(signal.reason).toBe(reason);
    release();
  });

  it('is none where the spec has none, and over once it is released', async () => {
    expect(withTimeout(NEVER, null).signal).toBe(NEVER);
    const { signal, release } = withTimeout(NEVER, 1);
    release();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(signal.aborted).toBe(false);
  });

  it('ends all attempts, and the waiting between them', async () => {
    const { signal, release } = withTimeout(NEVER, 20);
    const long: Retries = { count: 5, firstDelayMs: 3_600_000, maxDelayMs: 3_600_000 };
    const { numbers } = await attempts([failed('CONNECTION_LOST'), failed('RUN_TIMEOUT')], long, signal);
    expect(numbers).toEqual([1, 2]);
    release();
  });
});
