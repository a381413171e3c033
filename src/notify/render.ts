/**
 * A letter as plain text and as HTML. The HTML is for mail clients: one table, inline styles, nothing loaded from
 * elsewhere; the style element adds dark mode and narrow screens where a client honours it. Pure.
 */
import type { Block, Letter } from './letter.ts';

const INDENT = '    ';

/** Values are indented under their headings, so that no value can pass for a heading. */
export function renderText(letter: Letter): string {
  const blocks = letter.blocks.map((block) => `${block.heading.toUpperCase()}\n${indent(blockText(block))}`);
  const head = [summaryOf(letter), letter.title, letter.when ?? ''];
  const lines = head.filter((line) => line !== '').map(clean);
  return `${[lines.join('\n'), ...blocks, `-- \n${clean(letter.footer)}`].join('\n\n')}\n`;
}

function summaryOf({ headline, code }: Letter): string {
  return code === null ? headline : `${headline}: ${code}`;
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

/** Without what a mail client could choke on: control characters become visible, line ends become `\n`. */
function clean(text: string): string {
  return (
    Buffer.from(text)
      .toString()
      .replaceAll(/\r\n?|\u2028|\u2029/g, '\n')
      // oxlint-disable-next-line no-control-regex -- these are the characters that are made visible
      .replaceAll(/[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g, '\ufffd')
  );
}

const SANS = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";
const MONO = "font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'Liberation Mono',monospace";
const WRAP = 'white-space:pre-wrap;overflow-wrap:anywhere;word-break:break-word';
const HEADING = `margin:0 0 6px;${SANS};font-size:12px;line-height:16px;font-weight:700;letter-spacing:.04em;text-transform:uppercase;color:#5b6472`;
const PROSE = `margin:0;${SANS};font-size:15px;line-height:22px;color:#1c2430;${WRAP}`;

const STYLE = `
  @media (prefers-color-scheme: dark) {
    .page { background: #12161c !important; }
    .card { background: #1b2129 !important; border-color: #323b47 !important; border-top-color: #f0635a !important; }
    .ink { color: #e8ecf1 !important; }
    .soft { color: #a3afbd !important; }
    .card.good { border-top-color: #4cb56c !important; }
    .alarm { color: #ff8f85 !important; }
    .cure { background: #14283f !important; border-color: #5aa2f5 !important; }
    .code { background: #12161c !important; border-color: #323b47 !important; color: #dbe2ea !important; }
  }
  @media (max-width: 520px) {
    .pad { padding-left: 16px !important; padding-right: 16px !important; }
    .label { width: 104px !important; }
  }`;

export function renderHtml(letter: Letter): string {
  const rows = letter.blocks.map(
    (block) => `<tr><td class="pad" style="padding:0 28px 22px">${blockHtml(block)}</td></tr>`,
  );
  const when =
    letter.when === null
      ? ''
      : `\n<p class="soft" style="margin:4px 0 0;${SANS};font-size:14px;line-height:20px;color:#5b6472">${escapeHtml(letter.when)}</p>`;
  const good = letter.code === null;
  const title = good
    ? `<p class="soft" style="margin:4px 0 0;${SANS};font-size:15px;line-height:22px;color:#5b6472">${escapeHtml(letter.title)}</p>`
    : `<p class="alarm" style="margin:4px 0 0;${SANS};font-size:15px;line-height:22px;color:#b3231a">${escapeHtml(letter.title)} <span style="${MONO};font-size:13px;white-space:nowrap">(${escapeHtml(letter.code ?? '')})</span></p>`;
  // What a phone shows beside the subject.
  const preview = letter.blocks.find((block) => block.kind === 'words')?.text ?? letter.title;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>${escapeHtml(summaryOf(letter))}</title>
<style>${STYLE}
</style>
</head>
<body class="page" style="margin:0;padding:0;background:#eef0f3">
<div style="display:none;max-height:0;overflow:hidden">${escapeHtml(preview.slice(0, 140))}</div>
<table role="presentation" class="page" width="100%" cellpadding="0" cellspacing="0" border="0" style="background:#eef0f3">
<tr><td align="center" style="padding:16px 8px">
<table role="presentation" class="card${good ? ' good' : ''}" width="100%" cellpadding="0" cellspacing="0" border="0" style="max-width:680px;table-layout:fixed;background:#ffffff;border:1px solid #d9dee5;border-top:4px solid ${good ? '#2e8b4f' : '#c4291c'};border-radius:6px;text-align:left">
<tr><td class="pad" style="padding:20px 28px 18px">
<h1 class="ink" style="margin:0;${SANS};font-size:21px;line-height:28px;font-weight:700;color:#1c2430;overflow-wrap:anywhere">${escapeHtml(letter.headline)}</h1>
${title}${when}
</td></tr>
${rows.join('\n')}
<tr><td class="pad" style="padding:0 28px 18px"><p class="soft" style="margin:0;${SANS};font-size:12px;line-height:18px;color:#5b6472;overflow-wrap:anywhere">${escapeHtml(letter.footer)}</p></td></tr>
</table>
</td></tr>
</table>
</body>
</html>
`;
}

function blockHtml(block: Block): string {
  const heading = `<h2 class="soft" style="${HEADING}">${escapeHtml(block.heading)}</h2>`;
  switch (block.kind) {
    case 'words': {
      const words = `${heading}\n<p class="ink" style="${PROSE}">${escapeHtml(block.text)}</p>`;
      if (block.strong !== true) return words;
      return `<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"><tr><td class="cure" style="padding:12px 16px;background:#edf4fd;border-left:4px solid #1f6fd0">${words}</td></tr></table>`;
    }
    case 'list': {
      const items = block.items.map(
        (item) => `<li class="ink" style="${PROSE};margin:0 0 4px">${escapeHtml(item)}</li>`,
      );
      return `${heading}\n<ul class="ink" style="margin:0;padding:0 0 0 20px;color:#1c2430">\n${items.join('\n')}\n</ul>`;
    }
    case 'facts': {
      const rows = block.rows.map(
        ([label, value]) =>
          `<tr><td class="label soft" valign="top" style="width:150px;padding:2px 12px 2px 0;${SANS};font-size:14px;line-height:20px;color:#5b6472">${escapeHtml(label)}</td><td class="ink" valign="top" style="padding:2px 0;${SANS};font-size:14px;line-height:20px;color:#1c2430;${WRAP}">${escapeHtml(value)}</td></tr>`,
      );
      return `${heading}\n<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="table-layout:fixed">\n${rows.join('\n')}\n</table>`;
    }
    case 'code':
      return `${heading}\n<pre class="code" style="margin:0;padding:10px 12px;background:#f5f6f8;border:1px solid #d9dee5;border-radius:4px;${MONO};font-size:12px;line-height:18px;color:#1c2430;${WRAP}">${escapeHtml(block.text)}</pre>`;
  }
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return clean(text).replaceAll(/[&<>"']/g, (char) => ENTITIES[char] ?? char);
}
