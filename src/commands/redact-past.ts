/** What the state kept is shown without secrets: it keeps what a server said, word for word. */
import type { PastRun } from '../domain/run.ts';

/** The run with its free text redacted; codes, keys and times stay what they are. */
export function redactPast(run: PastRun, redact: (text: string) => string): PastRun {
  const { error } = run;
  return {
    ...run,
    windows: run.windows.map((window) => ({
      ...window,
      from: window.from === null ? null : redact(window.from),
      to: window.to === null ? null : redact(window.to),
    })),
    warnings: run.warnings.map(redact),
    error: error === null ? null : { ...error, message: redact(error.message), hint: redact(error.hint) },
  };
}
