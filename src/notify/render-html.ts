/**
 * A letter as HTML for mail programs: no tables, inline styles, nothing loaded from elsewhere. The style element adds
 * dark mode and narrow screens where a program honours it; without it, and without any style, it reads from top to
 * bottom. Pure.
 */
import { clean, type Block, type Letter, summaryOf } from './letter.ts';

const SANS = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";
const MONO = "font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'Liberation Mono',monospace";
const WRAP = 'white-space:pre-wrap;overflow-wrap:anywhere;word-break:break-word';
const HEADING = `margin:0 0 6px;${SANS};font-size:13px;line-height:18px;font-weight:700;color:#5b6472`;
const PROSE = `margin:0;${SANS};font-size:15px;line-height:22px;color:#1c2430;${WRAP}`;
const SMALL = `${SANS};font-size:14px;line-height:20px`;
const LABEL_WIDTH = 132;

const STYLE = `
  @media (prefers-color-scheme: dark) {
    .page { background: #12161c !important; }
    .card { background: #1b2129 !important; border-color: #323b47 !important; border-top-color: #f0635a !important; }
    .card.good { border-top-color: #4cb56c !important; }
    .ink { color: #e8ecf1 !important; }
    .soft { color: #a3afbd !important; }
    .alarm { color: #ff8f85 !important; }
    .cure { background: #14283f !important; border-color: #5aa2f5 !important; }
    .cure h2 { color: #9cc7fb !important; }
    .code { background: #12161c !important; border-color: #323b47 !important; color: #dbe2ea !important; }
    .line { border-color: #323b47 !important; }
  }
  @media (max-width: 520px) {
    .outer { padding: 0 !important; }
    .card { border-left: 0 !important; border-right: 0 !important; border-radius: 0 !important; padding: 18px 16px 16px !important; }
    .fact { padding-left: 92px !important; text-indent: -92px !important; }
    .label { width: 84px !important; padding-right: 8px !important; }
  }`;

export function renderHtml(letter: Letter): string {
  const good = (letter.tone ?? (letter.code === null ? 'good' : 'bad')) === 'good';
  const code =
    letter.code === null
      ? ''
      : ` <span style="${MONO};font-size:13px;font-weight:400;white-space:nowrap">(${escapeHtml(letter.code)})</span>`;
  const when =
    letter.when === null
      ? ''
      : `\n<p class="soft" style="margin:4px 0 0;${SMALL};color:#5b6472">${escapeHtml(letter.when)}</p>`;
  const title = good
    ? `<p class="soft" style="margin:4px 0 0;${SANS};font-size:16px;line-height:23px;color:#5b6472">${escapeHtml(letter.title)}</p>`
    : `<p class="alarm" style="margin:4px 0 0;${SANS};font-size:16px;line-height:23px;font-weight:600;color:#b3231a">${escapeHtml(letter.title)}${code}</p>`;
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
<div style="display:none;max-height:0;overflow:hidden">${escapeHtml(shortPreview(preview))}</div>
<div class="page outer" style="padding:16px 8px;background:#eef0f3">
<div class="card${good ? ' good' : ''}" style="max-width:680px;margin:0 auto;padding:20px 28px 18px;background:#ffffff;border:1px solid #d9dee5;border-top:4px solid ${good ? '#2e8b4f' : '#c4291c'};border-radius:6px;text-align:left">
<h1 class="ink" style="margin:0;${SANS};font-size:22px;line-height:29px;font-weight:700;color:#1c2430;overflow-wrap:anywhere">${escapeHtml(letter.headline)}</h1>
${title}${when}
${letter.blocks.map(blockHtml).join('\n')}
<p class="soft line" style="margin:24px 0 0;padding:12px 0 0;border-top:1px solid #d9dee5;${SANS};font-size:12px;line-height:18px;color:#5b6472;overflow-wrap:anywhere">${escapeHtml(`${letter.footer.sender} ${letter.footer.reason}`)}</p>
</div>
</div>
</body>
</html>
`;
}

/** Half of a surrogate pair would be no character. */
function shortPreview(text: string): string {
  return text.slice(0, 140).replace(/[\ud800-\udbff]$/, '');
}

function blockHtml(block: Block): string {
  const strong = block.kind === 'words' && block.strong === true;
  const color = strong ? HEADING.replace('#5b6472', '#1a5cad') : HEADING;
  const heading = `<h2 class="soft" style="${color}">${escapeHtml(block.heading)}</h2>`;
  const style = strong
    ? 'margin:18px 0 0;padding:12px 16px;background:#edf4fd;border-left:4px solid #1f6fd0'
    : 'margin:20px 0 0';
  return `<div${strong ? ' class="cure"' : ''} style="${style}">\n${heading}\n${contentHtml(block, strong)}\n</div>`;
}

function contentHtml(block: Block, strong: boolean): string {
  switch (block.kind) {
    case 'words':
      return `<p class="ink" style="${PROSE}${strong ? ';font-weight:600' : ''}">${escapeHtml(block.text)}</p>`;
    case 'list': {
      const items = block.items.map(
        (item) => `<li class="ink" style="${PROSE};margin:0 0 4px">${escapeHtml(item)}</li>`,
      );
      return `<ul class="ink" style="margin:0;padding:0 0 0 20px;color:#1c2430">\n${items.join('\n')}\n</ul>`;
    }
    case 'facts':
      return block.rows.map(([label, value]) => factHtml(label, value)).join('\n');
    case 'code':
      return `<pre class="code" style="margin:0;padding:10px 12px;background:#f5f6f8;border:1px solid #d9dee5;border-radius:4px;${MONO};font-size:12px;line-height:18px;color:#1c2430;${WRAP}">${linesHtml(block.text)}</pre>`;
  }
}

/** A line that goes on in the next one is indented there: each beginning is seen. */
function linesHtml(text: string): string {
  const lines = escapeHtml(text).split('\n');
  if (lines.length === 1) return lines.join('');
  return lines
    .map((line) => `<div style="padding-left:16px;text-indent:-16px">${line === '' ? ' ' : line}</div>`)
    .join('');
}

/** A hanging indent: the value stands beside its label, also where it takes several lines. */
function factHtml(label: string, value: string): string {
  const hanging = `padding-left:${LABEL_WIDTH}px;text-indent:-${LABEL_WIDTH}px`;
  const first = `<span class="label soft" style="display:inline-block;width:${LABEL_WIDTH - 12}px;padding-right:12px;text-indent:0;color:#5b6472">${escapeHtml(label)}</span>`;
  // No space between the two: it would push the value beyond its indent. Where no style is honoured, the colon tells.
  return `<p class="fact ink" style="margin:0 0 3px;${hanging};${SMALL};color:#1c2430">${first}<span style="font-size:0;line-height:0">${label === '' ? '' : ': '}</span><span style="${WRAP}">${escapeHtml(value)}</span></p>`;
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
