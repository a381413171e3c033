/** What a report command prints: one JSON document where that was asked for, or else text. */
import type { CommonOptions } from './options.ts';

export function printReport(options: CommonOptions, document: object, text: () => string): void {
  const { stdout } = process;
  if (!stdout.listeners('error').includes(unlessClosed)) stdout.on('error', unlessClosed);
  stdout.write(options.json === true ? `${JSON.stringify(document, null, 2)}\n` : text());
}

/** Whoever reads through a pipe, such as `head`, may have read enough: what is left to say is then dropped. */
function unlessClosed(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}
