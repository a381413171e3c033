/** What the shell learns. */
import { ERRORS, type ErrorCode } from '../../../src/error-codes.ts';
import { exitCodeOf } from '../../../src/commands/exit-codes.ts';

it('has a code of its own for usage, for a backfill that reaches too far, for a task that runs already, and for an interruption', () => {
  const codes = (Object.keys(ERRORS) as ErrorCode[]).filter((code) => exitCodeOf(code) !== 1);
  expect(codes.map((code) => [code, exitCodeOf(code)])).toEqual([
    ['USAGE', 2],
    ['CONFIG_INVALID', 2],
    ['SPEC_INVALID', 2],
    ['SPEC_UNREADABLE', 2],
    ['ALREADY_RUNNING', 3],
    ['BLACKOUT', 3],
    ['INTERRUPTED', 4],
    ['BACKFILL_AHEAD', 2],
  ]);
});
