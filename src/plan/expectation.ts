/** Whether a run has as many rows as its spec expects. Pure. */
import type { Expectation, Spec } from '../domain/spec.ts';
import type { Window } from '../domain/plan.ts';
import type { RunKind, TaskMemory, UnexpectedSize } from '../domain/run.ts';
import { TidemarkError } from '../errors.ts';
import { doubledMedian } from './usual-size.ts';

/** What there is to judge. */
export interface RunSize {
  readonly kind: RunKind;
  /** Of all tables together, as they are published. */
  readonly rows: number;
  readonly windows: readonly Pick<Window, 'mode'>[];
  readonly memory: Pick<TaskMemory, 'usual' | 'missedSince'>;
}

/** Empty: the run has the size that is expected of it, or nothing is. A backfill has windows of its own. */
export function unexpectedSizes(expected: Expectation | null, run: RunSize): UnexpectedSize[] {
  if (expected === null || run.kind === 'backfill') return [];
  const { minRows, maxChange } = expected;
  const found: UnexpectedSize[] = [];
  if (minRows !== null && run.rows < minRows)
    found.push({
      expectation: 'min_rows',
      rows: run.rows,
      usual_rows: null,
      allowed: String(minRows),
      message: `The run has ${rowsInWords(run.rows)}; at least ${count(minRows)} are expected (expect.min_rows).`,
    });
  const usual = run.memory.usual;
  if (maxChange === null || usual === null || run.kind === 'manual') return found;
  const doubled = doubledMedian(usual.rows);
  if (doubled === null || !differs(run.rows, doubled, maxChange.millionths)) return found;
  const usualRows = Number(doubled) / 2;
  if (run.rows > usualRows && readsMore(run)) return found;
  found.push({
    expectation: 'max_change',
    rows: run.rows,
    usual_rows: usualRows,
    allowed: maxChange.text,
    message: `The run has ${rowsInWords(run.rows)}${changeInWords(run.rows, usualRows)}: ${rowsInWords(usualRows)} is the median of ${usual.rows.length} ${usual.weekday}s before; a change of ${maxChange.text} is allowed (expect.max_change).`,
  });
  return found;
}

/** A run that also reads what missed runs have left has more than usual by its nature; fewer is as odd as ever. */
function readsMore({ windows, memory }: RunSize): boolean {
  return memory.missedSince !== null && windows.some(({ mode }) => mode !== 'literal');
}

/** Exactly: |rows − median| > median × percent. */
function differs(rows: number, doubled: bigint, millionths: number): boolean {
  const distance = 2n * BigInt(rows) - doubled;
  return (distance < 0n ? -distance : distance) * 100_000_000n > doubled * BigInt(millionths);
}

function changeInWords(rows: number, usual: number): string {
  if (usual === 0) return '';
  const percent = (Math.abs(rows - usual) / usual) * 100;
  const shown = percent.toLocaleString('en', { maximumSignificantDigits: 3 });
  return `, ${shown}% ${rows < usual ? 'fewer' : 'more'} than usual`;
}

function rowsInWords(rows: number): string {
  return `${count(rows)} ${rows === 1 ? 'row' : 'rows'}`;
}

function count(rows: number): string {
  return rows.toLocaleString('en');
}

/** @throws TidemarkError EXPECTATION_FAILED, where the spec does not let a run of unexpected size pass. */
export function refuseUnexpectedSizes(
  unexpected: readonly UnexpectedSize[],
  { expect, file }: Pick<Spec, 'expect' | 'file'>,
): void {
  if (unexpected.length === 0 || expect?.onViolation !== 'fail') return;
  const byHand = unexpected.every(({ expectation }) => expectation === 'max_change');
  const once = byHand
    ? ` A run by hand is not compared with earlier ones and publishes these rows: tidemark run -s ${file}.`
    : '';
  throw new TidemarkError('EXPECTATION_FAILED', unexpected.map(({ message }) => message).join(' '), {
    hint: `Look at the source: were rows deleted, or loaded twice, or not yet? If the size is right,${usualCure(unexpected)} in ${file}, or set "on_violation": "warn" there.${once}`,
  });
}

function usualCure(unexpected: readonly UnexpectedSize[]): string {
  const cures = unexpected.map(({ expectation }) =>
    expectation === 'min_rows' ? 'lower expect.min_rows' : 'raise expect.max_change',
  );
  return ` ${cures.join(' and ')}`;
}
