/** A log that keeps its lines for the test to look at. */
import type { Log } from '../../../src/ports.ts';

export interface KeptLog extends Log {
  readonly lines: { level: string; message: string; [field: string]: unknown }[];
}

export function keptLog(): KeptLog {
  const lines: KeptLog['lines'] = [];
  const keep =
    (level: string) =>
    (message: string, fields: object = {}): void => {
      lines.push({ level, message, ...fields });
    };
  return { lines, debug: keep('debug'), info: keep('info'), warn: keep('warn'), error: keep('error') };
}
