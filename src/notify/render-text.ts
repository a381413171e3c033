/** A letter as plain text: every fact that the HTML shows. Pure. */
import { clean, type Block, type Letter, summaryOf } from './letter.ts';

const INDENT = '    ';

/** Values are indented under their headings, so that no value can pass for a heading. */
export function renderText(letter: Letter): string {
  const blocks = letter.blocks.map((block) => `${block.heading.toUpperCase()}\n${indent(blockText(block))}`);
  const footer = `${letter.footer.sender} ${letter.footer.reason}`;
  const head = [summaryOf(letter), letter.title, letter.when ?? ''];
  const lines = head.filter((line) => line !== '').map(clean);
  return `${[lines.join('\n'), ...blocks, `-- \n${clean(footer)}`].join('\n\n')}\n`;
}

function blockText(block: Block): string {
  switch (block.kind) {
    case 'words':
    case 'code':
      return clean(block.text);
    case 'list':
      return block.items.map((item) => `- ${clean(item).replaceAll('\n', '\n  ')}`).join('\n');
    case 'facts': {
      const width = Math.max(...block.rows.map(([label]) => label.length)) + 2;
      return block.rows
        .map(
          ([label, value]) =>
            `${label.padEnd(width)}${clean(value).replaceAll('\n', `\n${' '.repeat(width)}`)}`,
        )
        .join('\n');
    }
  }
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, INDENT);
}
