/** What every mail has in common, whatever it is about: two forms that say the same, and that any program can show. */
import { SAMPLE_MAILS } from '../../support/sample-mails.ts';
import { renderHtml } from '../../../src/notify/render-html.ts';
import { renderText } from '../../../src/notify/render-text.ts';
import { shownBy } from './shown.ts';

/** Words in any order and case, without the marks around them: headings are in capitals in the text. */
function words(text: string): string[] {
  return text
    .toLowerCase()
    .replaceAll(/^-- $|^ +- /gm, ' ')
    .split(/\s+/)
    .map((word) => word.replaceAll(/^[():]+|[():]+$/g, ''))
    .filter((word) => word !== '')
    .toSorted();
}

describe.each(Object.entries(SAMPLE_MAILS))('the mail %s', (_kind, { text, html, subject }) => {
  it('says the same in both forms', () => {
    expect(words(shownBy(html))).toEqual(words(text));
  });

  it('has a size that no mail program cuts off', () => {
    for (const form of [text, html]) expect(Buffer.byteLength(form)).toBeLessThan(100_000);
    expect(subject.length).toBeLessThan(260);
  });

  it('consists of what mail programs show: no tables, scripts, forms, or anything from elsewhere', () => {
    expect(html).not.toMatch(/<(table|tr|td|script|form|input|img|link|iframe|svg|button)\b/i);
    expect(html).not.toMatch(/src=|url\(|@import|<[^>]+\son\w+=/i);
    // Each element has its looks with it: many programs drop the style element.
    expect(html.match(/<(h1|h2|p|li|ul|pre)\b(?![^>]* style=)/g)).toBeNull();
  });
});

it('leaves nothing of any block out of either form', () => {
  const letter = {
    headline: 'w-headline',
    code: 'w-code',
    title: 'w-title',
    when: 'w-when',
    blocks: [
      { kind: 'words', heading: 'w-h1', text: 'w-one\n\nw-two', strong: true },
      { kind: 'list', heading: 'w-h2', items: ['w-three', 'w-four\nw-five'] },
      {
        kind: 'facts',
        heading: 'w-h3',
        rows: [
          ['w-label', 'w-six\nw-seven'],
          ['', 'w-eight'],
        ],
      },
      { kind: 'code', heading: 'w-h4', text: 'w-nine\n\n  w-ten' },
    ],
    footer: { sender: 'w-sender', reason: 'w-reason' },
  } as const;
  const facts = (text: string): string[] => (text.toLowerCase().match(/w-\w+/g) ?? []).toSorted();
  const expected = facts(JSON.stringify(letter));
  expect(expected).toHaveLength(21);
  expect(facts(renderText(letter))).toEqual(expected);
  expect(facts(shownBy(renderHtml(letter)))).toEqual(expected);
});
