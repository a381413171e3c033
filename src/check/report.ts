/** Findings as text for people: by what they are about, errors first, with what can be pasted below each. Pure. */
import type { Finding, Place, RemedyKind } from './finding.ts';

/** Places are named one by one up to so many. */
const MOST_PLACES = 5;
const WIDTH = 'warning'.length;

/** What stands above a remedy. */
const HEADINGS: Readonly<Record<RemedyKind, string | null>> = {
  sql: 'As an administrator of the server:',
  policy: 'IAM policy for the identity that Tidemark runs with:',
  config: 'In the config:',
  shell: 'On the server:',
  words: null,
};

// Text of a server or a spec must not steer a terminal.
// oxlint-disable-next-line no-control-regex -- control characters are what is taken out
const CONTROLS = /[\0-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]/g;

/**
 * @param findings merged and in order.
 * @param showInfo whether also those of specs are listed that only inform.
 */
export function findingLines(findings: readonly Finding[], showInfo: boolean): string[] {
  const lines: string[] = [];
  let above: string | null = null;
  let hidden = 0;
  for (const finding of findings) {
    if (finding.scope === 'spec' && finding.severity === 'info' && !showInfo) {
      hidden++;
      continue;
    }
    const heading = headingOf(finding);
    if (heading !== above) lines.push(...(above === null ? [] : ['']), heading);
    above = heading;
    lines.push(...linesOf(finding));
  }
  if (hidden > 0)
    lines.push('', `${hidden.toLocaleString('en')} more lines that only inform: --json has them.`);
  return lines.map((line) => line.replaceAll(CONTROLS, '\u{fffd}'));
}

function headingOf({ scope, name }: Finding): string {
  if (scope === 'spec') return 'specs';
  return name === null ? scope : `${scope} ${name}`;
}

function linesOf({ severity, code, scope, places, tasks, message, remedy }: Finding): string[] {
  const indent = ' '.repeat(WIDTH + 4);
  const lines = [`  ${severity.padEnd(WIDTH)}  ${code}: ${oneLine(message)}`];
  if (places.length > 0) lines.push(...placesOf(places).map((place) => `${indent}${place}`));
  else if (scope !== 'spec' && tasks.length > 0) lines.push(`${indent}${tasksOf(tasks)}`);
  if (remedy === null) return lines;
  const heading = HEADINGS[remedy.kind];
  const deeper = heading === null ? indent : `${indent}  `;
  return [
    ...lines,
    ...(heading === null ? [] : [`${indent}${heading}`]),
    ...remedy.text.split('\n').map((line) => `${deeper}${line}`),
  ];
}

function placesOf(places: readonly Place[]): string[] {
  const rest = places.length - MOST_PLACES;
  return [
    ...places
      .slice(0, MOST_PLACES)
      .map(({ file, line, column, path }) => `${file}:${line}:${column}${path === '' ? '' : ` ${path}`}`),
    ...(rest > 0 ? [`and ${rest.toLocaleString('en')} more places`] : []),
  ];
}

function tasksOf(tasks: readonly string[]): string {
  const rest = tasks.length - MOST_PLACES;
  const named = tasks.slice(0, MOST_PLACES).join(', ');
  return `${tasks.length === 1 ? 'task' : 'tasks'} ${named}${rest > 0 ? ` and ${rest.toLocaleString('en')} more` : ''}`;
}

function oneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, ' ');
}
