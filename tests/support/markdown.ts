/** The documentation as tests read it: fenced blocks, code spans, links and anchors of Markdown pages. */
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';

export const ROOT = path.join(import.meta.dirname, '../..');

export interface Block {
  /** What stands behind the fence, `sh`; empty: nothing. */
  readonly language: string;
  readonly text: string;
  /** Of its first line of text, from 1. */
  readonly line: number;
}

export interface Page {
  /** From the root of the repository, `docs/spec.md`. */
  readonly file: string;
  readonly text: string;
  readonly blocks: readonly Block[];
  /** Without its fenced blocks. */
  readonly prose: string;
}

/** Every page of the repository that people read: those at the root, and all below docs/. */
export function allPages(): Page[] {
  return globSync(['*.md', 'docs/**/*.md'], { cwd: ROOT }).toSorted().map(pageOf);
}

/** @param file from the root of the repository. */
export function pageOf(file: string): Page {
  const text = readFileSync(path.join(ROOT, file), 'utf8');
  const blocks: Block[] = [];
  const prose: string[] = [];
  let open: { fence: string; language: string; line: number; lines: string[] } | null = null;
  for (const [index, line] of text.split('\n').entries()) {
    const fence = /^\s*(`{3,}|~{3,})\s*([\w-]*)/.exec(line);
    if (open !== null && fence?.[1] === open.fence && fence[2] === '') {
      blocks.push({ language: open.language, text: undent(open.lines), line: open.line });
      open = null;
    } else if (open !== null) open.lines.push(line);
    else if (fence !== null) open = { fence: fence[1]!, language: fence[2]!, line: index + 2, lines: [] };
    else prose.push(line);
  }
  if (open !== null) throw new Error(`${file}:${open.line - 1}: this block is never closed`);
  return { file, text, blocks, prose: prose.join('\n') };
}

/** Blocks in a language, in the order of the page. */
export function blocksIn(page: Page, language: string): Block[] {
  return page.blocks.filter((block) => block.language === language);
}

/** Targets of links and pictures, Markdown's and HTML's. */
export function linksOf({ prose }: Page): string[] {
  const text = withoutCode(prose);
  const markdown = [...text.matchAll(/\]\(([^)\s]+)\)/g)];
  const html = [...text.matchAll(/\b(?:href|src|srcset)="([^"]+)"/g)];
  return [...markdown, ...html].map((match) => match[1]!);
}

/** Code between backquotes in the prose. */
export function codeSpans({ prose }: Page): string[] {
  return [...prose.matchAll(/`([^`\n]+)`/g)].map((match) => match[1]!);
}

/** What may stand behind `#` in a link to the page, as GitHub makes it of headings. */
export function anchorsOf({ prose }: Page): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading] of prose.matchAll(/^#{1,6} +(.+)$/gm)) {
    const slug = heading!
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .trim()
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M}_\- ]/gu, '')
      .replaceAll(' ', '-');
    let anchor = slug;
    for (let n = 1; anchors.has(anchor); n++) anchor = `${slug}-${n}`;
    anchors.add(anchor);
  }
  for (const [, id] of prose.matchAll(/<a id="([^"]+)">/g)) anchors.add(id!);
  return anchors;
}

function withoutCode(text: string): string {
  return text.replace(/`[^`\n]*`/g, '');
}

/** A block inside a list is as far in as its list. */
function undent(lines: readonly string[]): string {
  const filled = lines.filter((line) => line.trim() !== '');
  const depth = Math.min(...filled.map((line) => /^ */.exec(line)![0].length));
  return lines.map((line) => line.slice(Number.isFinite(depth) ? depth : 0)).join('\n');
}
