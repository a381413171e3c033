/**
 * A letter as a message in a chat: the JSON that Slack's incoming webhooks take. `text` is what notifications and other
 * services show (Mattermost, Rocket.Chat and the like know nothing of `blocks`). Shorter than a mail, cause and cure
 * first. Pure.
 */
import { type Block, type ChatMessage, clean, type Letter, shorten, summaryOf } from './letter.ts';

/** Slack cuts a message off at 4,000 characters. */
const MOST = 3_400;
const MOST_OF_BLOCK = 1_200;
const MOST_OF_CODE = 500;
const MOST_OF_HEADER = 150;

interface Passage {
  readonly heading: string;
  readonly text: string;
  readonly code: boolean;
}

export function renderChat(letter: Letter): ChatMessage {
  const head = [letter.title, letter.when ?? '']
    .filter((line) => line !== '')
    .map(clean)
    .join('\n');
  const { passages, left } = fitting(letter.blocks.map(passageOf));
  const end = [
    ...(left.length === 0 ? [] : [`Left out here: ${left.join(', ')}.`]),
    clean(letter.footer.sender),
  ];
  const summary = shorten(clean(summaryOf(letter)), MOST_OF_HEADER - 40);

  const paragraphs = passages.map(({ heading, text, code }) =>
    code ? `*${heading}*\n\`\`\`\n${text.replaceAll('```', "'''")}\n\`\`\`` : `*${heading}*\n${text}`,
  );
  return {
    text: [`*${summary}*\n${head}`, ...paragraphs, end.join(' ')].map(escapeMarkup).join('\n\n'),
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: summary, emoji: false } },
      {
        type: 'rich_text',
        elements: [
          section(words(head)),
          ...passages.flatMap(elementsOf),
          section(words(end.join(' '), { italic: true })),
        ],
      },
    ],
  };
}

/** As many as there is room for, in their order; and the headings of the others. */
function fitting(all: readonly Passage[]): { readonly passages: Passage[]; readonly left: string[] } {
  const passages: Passage[] = [];
  const left: string[] = [];
  let room = MOST;
  for (const passage of all) {
    const length = passage.heading.length + passage.text.length + 12;
    if (length > room) {
      left.push(passage.heading);
      continue;
    }
    room -= length;
    passages.push(passage);
  }
  return { passages, left };
}

function passageOf(block: Block): Passage {
  const { heading } = block;
  switch (block.kind) {
    case 'words':
      return { heading, text: shorten(clean(block.text), MOST_OF_BLOCK), code: false };
    case 'list':
      return {
        heading,
        text: shorten(block.items.map((item) => `• ${clean(item)}`).join('\n'), MOST_OF_BLOCK),
        code: false,
      };
    case 'facts': {
      const lines = block.rows.map(([label, value]) => `${label}${label === '' ? '' : ': '}${clean(value)}`);
      return { heading, text: shorten(lines.join('\n'), MOST_OF_BLOCK), code: false };
    }
    case 'code':
      return { heading, text: shorten(clean(block.text), MOST_OF_CODE), code: true };
  }
}

/** Rich text is taken literally: nothing in it can become a link, a mention or a style. */
function elementsOf({ heading, text, code }: Passage): object[] {
  const title = words(`\n${heading}\n`, { bold: true });
  if (!code) return [section(title, words(text))];
  return [section(title), { type: 'rich_text_preformatted', elements: [words(text)] }];
}

function section(...elements: object[]): object {
  return { type: 'rich_text_section', elements };
}

function words(text: string, style?: object): object {
  // An element without a character is refused.
  return { type: 'text', text: text === '' ? ' ' : text, ...(style === undefined ? {} : { style }) };
}

/** Nothing in a value can become a link or call people: `<!channel>` in Slack, `@channel` elsewhere. */
function escapeMarkup(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(/@(?=(all|channel|everyone|here)\b)/gi, '@\u200b');
}
