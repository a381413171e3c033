/** The benchmark's table, as Markdown. */
import { readFileSync, writeFileSync } from 'node:fs';

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
const BEGIN = '<!-- begin: npm run bench -- --write -->';
const END = '<!-- end -->';

export function renderReport(lines: readonly Line[], about: Circumstances): string {
  const mark = (ok: boolean | null): string => (ok === null ? '' : ok ? 'met' : '**missed**');
  return [
    `${new Date().toISOString().slice(0, 10)}; ${about.machine}; Node ${about.node}; MariaDB ${about.server}; ` +
      `${about.rows.toLocaleString('en')} rows of 17 columns; median of ${about.rounds} rounds.`,
    '',
    '| | measured | goal | |',
    '|---|---|---|---|',
    ...lines.map(({ what, found, goal, ok }) => `| ${what} | ${found} | ${goal} | ${mark(ok)} |`),
    '',
  ].join('\n');
}

/** Puts the table between its marks in docs/benchmarks.md. */
export function writeReport(report: string): void {
  const text = readFileSync(FILE, 'utf8');
  const [before, rest] = text.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined)
    throw new Error(`${FILE} has no place marked for the table`);
  writeFileSync(FILE, `${before}${BEGIN}\n${report}${END}${after}`);
}
