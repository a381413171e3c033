/** Ctrl-C and SIGTERM for commands that run tasks in the foreground. */
import { TidemarkError } from '../errors.ts';
import { EXIT } from './exit-codes.ts';

/** The first SIGINT or SIGTERM undoes the run; a second one ends the process where it stands. */
export function abortOnSignal(): { readonly signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const onSignal = (signal: NodeJS.Signals): void => {
    if (controller.signal.aborted) process.exit(EXIT.interrupted);
    controller.abort(new TidemarkError('INTERRUPTED', `The run was interrupted by ${signal}.`));
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  return {
    signal: controller.signal,
    release: () => void process.off('SIGINT', onSignal).off('SIGTERM', onSignal),
  };
}
