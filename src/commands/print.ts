/** What commands say on stdout: one JSON document where that was asked for, or else text. */
import type { CommonOptions } from './options.ts';

export function printReport(options: CommonOptions, document: object, text: () => string): void {
  print(options.json === true ? jsonText(document) : text());
}

export function jsonText(document: object): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}

export function print(text: string): void {
  const { stdout } = process;
  if (!stdout.listeners('error').includes(unlessClosed)) stdout.on('error', unlessClosed);
  stdout.write(text);
}

/** Whoever reads through a pipe, such as `head`, may have read enough: what is left to say is then dropped. */
function unlessClosed(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}
