import { renderChat } from '../../../src/notify/render-chat.ts';
import type { Letter } from '../../../src/notify/letter.ts';
import { SAMPLE_MAILS } from '../../support/sample-mails.ts';

const letter: Letter = {
  headline: 'orders failed',
  code: 'PRIVILEGE_MISSING',
  title: 'The database user lacks a privilege',
  when: 'Scheduled for 2026-07-01 00:00:00 UTC',
  blocks: [
    { kind: 'words', heading: 'Cause', text: "'t'@'%' may not read `shop`.`orders`" },
    { kind: 'words', heading: 'What to do', text: 'GRANT it', strong: true },
  ],
  footer: { sender: 'Tidemark on etl-1.', reason: 'You get this mail as the owner.' },
};
/** All texts of the blocks, in their order. */
const literal = (value: unknown): string =>
  typeof value !== 'object' || value === null
    ? ''
    : Object.entries(value)
        .map(([key, inner]) => (key === 'text' && typeof inner === 'string' ? inner : literal(inner)))
        .join('');

it('says cause and cure first, and not to whom the mail went', () => {
  const { text, blocks } = renderChat(letter);
  expect(text).toBe(
    "*orders failed: PRIVILEGE_MISSING*\nThe database user lacks a privilege\nScheduled for 2026-07-01 00:00:00 UTC\n\n*Cause*\n't'@'%' may not read `shop`.`orders`\n\n*What to do*\nGRANT it\n\nTidemark on etl-1.",
  );
  expect(literal(blocks)).toContain("Cause\n't'@'%' may not read `shop`.`orders`\nWhat to do\nGRANT it");
  expect(blocks[0]).toEqual({
    type: 'header',
    text: { type: 'plain_text', text: 'orders failed: PRIVILEGE_MISSING', emoji: false },
  });
});

it('calls nobody and links nowhere, whatever a value says', () => {
  const evil = '<!channel> @channel @here <https://evil.example|click> & ```';
  const { text, blocks } = renderChat({
    ...letter,
    headline: evil,
    blocks: [
      { kind: 'words', heading: 'Cause', text: evil },
      { kind: 'code', heading: 'SQL', text: evil },
    ],
  });
  expect(text).not.toMatch(/<|>|@channel|@here/);
  expect(text.match(/```/g)).toHaveLength(4); // two of the headline and the cause, two around the code
  // In rich text it is only text, and whole.
  expect(literal(blocks).split(evil)).toHaveLength(4);
});

it.each(Object.entries(SAMPLE_MAILS))('keeps the mail %s within what Slack takes', (_kind, { chat }) => {
  expect(chat.text.length).toBeLessThan(5_000);
  expect(literal(chat.blocks).length).toBeLessThan(4_000);
  const [header] = chat.blocks as [{ text: { text: string } }];
  expect(header.text.text.length).toBeLessThanOrEqual(150);
  expect(JSON.stringify(chat.blocks)).not.toContain('"text":""');
});

it('says what there was no room for', () => {
  const code = 'x'.repeat(400);
  const blocks = Array.from({ length: 20 }, (_, index) => ({
    kind: 'code' as const,
    heading: `SQL of t${index}`,
    text: code,
  }));
  const { text } = renderChat({ ...letter, blocks });
  expect(text).toMatch(/Left out here: SQL of t\d+, .*SQL of t19\. Tidemark on etl-1\.$/);
});
