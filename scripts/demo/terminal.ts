/** How the demo looks: numbered steps, files as blocks. Colours on a terminal only; plain text elsewhere. */
import { styleText } from 'node:util';

/** Columns right of the frame. */
const ROOM = Math.max(40, Math.min(process.stdout.columns ?? 110, 140) - 5);
let steps = 0;

export function title(text: string): void {
  print(`\n${styleText('bold', text)}`);
}

/** The next numbered step. */
export function step(text: string): void {
  print(`\n${styleText(['bold', 'cyan'], `${++steps}. ${text}`)}`);
}

export function note(text: string): void {
  print(`   ${text}`);
}

/** Something that was to be seen and has been seen. */
export function seen(text: string): void {
  print(`   ${styleText('green', '✓')} ${text}`);
}

/** The beginning of a file, line by line, cut at the right edge. */
export function block(name: string, lines: readonly string[]): void {
  frame(
    name,
    lines.map((line) => (line.length > ROOM ? `${line.slice(0, ROOM - 1)}…` : line)),
  );
}

/** A whole text; long lines go on in the next one, as far in as they began. */
export function letter(name: string, lines: readonly string[]): void {
  frame(name, lines.flatMap(wrap));
}

function wrap(line: string): string[] {
  const indent = /^[ -]*/.exec(line)?.[0].length ?? 0;
  const wrapped: string[] = [];
  let rest = line;
  while (rest.length > ROOM) {
    const space = rest.lastIndexOf(' ', ROOM);
    const end = space > indent ? space : ROOM;
    wrapped.push(rest.slice(0, end));
    rest = ' '.repeat(indent) + rest.slice(end).trimStart();
  }
  return [...wrapped, rest];
}

function frame(name: string, lines: readonly string[]): void {
  print(`   ${styleText('bold', name)}`);
  for (const line of lines) print(`   ${styleText('dim', '│')} ${line}`);
}

export function failure(text: string): void {
  process.stderr.write(
    `\n${styleText(['bold', 'red'], `demo failed: ${text}`, { stream: process.stderr })}\n`,
  );
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
