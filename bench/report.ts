/** The benchmark's table, as Markdown. */
import { readFileSync, writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';

export interface Line {
  readonly what: string;
  readonly found: string;
  readonly goal: string;
  /** Whether the goal was met; null: a figure without a goal. */
  readonly ok: boolean | null;
}

export interface Circumstances {
  readonly machine: string;
  readonly node: string;
  readonly server: string;
  readonly rows: number;
  readonly rounds: number;
}

const FILE = 'docs/benchmarks.md';
/** The commands that write the tables of docs/benchmarks.md; each has its place there between marks. */
export const MAIN_TABLE = 'npm run bench -- --with-clickhouse --write';
export const PARALLEL_TABLE = 'npm run bench -- --parallel 1,2,4 --write';
export const STATE_TABLE = 'npm run bench:state -- --write';
export const RANGES_TABLE = 'npm run bench:ranges -- --write';
export const SOAK_TABLE = 'npm run bench:soak -- --write';
const END = '<!-- end -->';

export function renderReport(lines: readonly Line[], about: Circumstances): string {
  return renderTable(
    lines,
    `${new Date().toISOString().slice(0, 10)}; ${about.machine}; Node ${about.node}; MariaDB ${about.server}; ` +
      `${about.rows.toLocaleString('en')} rows of 17 columns; median of ${about.rounds} rounds.`,
  );
}

/** @param circumstances a sentence: when, on which machine, with what. */
export function renderTable(lines: readonly Line[], circumstances: string): string {
  const mark = (ok: boolean | null): string => (ok === null ? '' : ok ? 'met' : '**missed**');
  return [
    circumstances,
    '',
    '| | measured | goal | |',
    '|---|---|---|---|',
    ...lines.map(({ what, found, goal, ok }) => `| ${what} | ${found} | ${goal} | ${mark(ok)} |`),
    '',
  ].join('\n');
}

/** Puts a table between its marks in docs/benchmarks.md. */
export async function writeTable(command: string, table: string): Promise<void> {
  const text = readFileSync(FILE, 'utf8');
  const begin = `<!-- begin: ${command} -->`;
  const from = text.indexOf(begin);
  const to = text.indexOf(END, from);
  if (from < 0 || to < 0) throw new Error(`${FILE} has no place marked for the table of ${command}`);
  const filled = `${text.slice(0, from)}${begin}\n${table}${text.slice(to)}`;
  writeFileSync(FILE, await format(filled, { ...(await resolveConfig(FILE)), filepath: FILE }));
}
