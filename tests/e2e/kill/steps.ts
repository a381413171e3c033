/** The steps of a run at which it can be killed: transactions of its state file, and requests to its bucket. */
import type { CliResult } from '../../support/cli.ts';
import type { Moment } from '../gate.ts';
import { expectDone, type KillSite } from './site.ts';

export type Step = { readonly moment: Moment; readonly ordinal: number } & (
  { readonly transaction: RegExp } | { readonly request: RegExp }
);

/** Each transaction is known by its statements. */
export const TRANSACTIONS = {
  lock: /REPLACE INTO holder/,
  open: /^PRAGMA user_version/,
  deaths: /PROCESS_DIED/,
  'run row': /INSERT OR IGNORE INTO run /,
  beginning: /INTO journal_upload /,
  begun: /UPDATE journal_upload/,
  committing: /phase = 'committing'/,
  recorded: /INSERT INTO run .*INTO watermark .*DELETE FROM journal_run/,
  undone: /INTO aborted_upload .*DELETE FROM journal_run/,
};

export const REQUESTS = {
  begin: /^POST .*[?&]uploads/,
  part: /^PUT .*partNumber=/,
  complete: /^POST .*uploadId=/,
  manifest: /^PUT .*_manifest_/,
  'look at manifest': /^HEAD .*_manifest_/,
  abort: /^DELETE .*uploadId=/,
};

/** A run may have too few rows for as many objects as the step needs: the next one has more. */
const TRIES = 8;

/** Starts the task, and kills it at a step. Returns the signal it died of; throws where the step is never reached. */
export async function killAt(site: KillSite, step: Step): Promise<NodeJS.Signals | null> {
  for (let tries = 0; tries < TRIES; tries++) {
    const { signal } = await runUntil(site, step);
    if (signal !== null) return signal;
    await site.expectInOrder();
  }
  throw new Error(`in ${TRIES} runs, none came to the step`);
}

async function runUntil({ run, gate }: KillSite, step: Step): Promise<CliResult> {
  if ('transaction' in step) {
    const victim = run({
      KILL_TRANSACTION: step.transaction.source,
      KILL_ORDINAL: String(step.ordinal),
      KILL_MOMENT: step.moment,
    });
    return expectDoneUnlessKilled(await victim.exit);
  }
  gate.holdMatching(step.request, step.moment, step.ordinal);
  const victim = run();
  const isHeld = await Promise.race([gate.held().then(() => true), victim.exit.then(() => false)]);
  if (isHeld) victim.kill('SIGKILL');
  const result = await victim.exit;
  gate.open();
  return expectDoneUnlessKilled(result);
}

function expectDoneUnlessKilled(result: CliResult): CliResult {
  if (result.signal !== 'SIGKILL') expectDone(result);
  return result;
}
