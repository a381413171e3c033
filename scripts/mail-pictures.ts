/**
 * Pictures of every kind of mail, as a mail program shows its HTML: on a desktop and on a phone, light and dark.
 * Look at them after a change in src/notify.
 *
 *     node scripts/mail-pictures.ts [FOLDER] [KIND…]        default: a folder in the temporary one, all kinds
 *
 * It needs Chromium: /usr/bin/chromium, or what CHROMIUM names. `--docs` writes the picture of docs/notifications.md.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { launchChromium } from '../tests/support/browser.ts';
import { SAMPLE_MAILS } from '../tests/support/sample-mails.ts';

const WIDTHS = { desktop: 900, phone: 375 } as const;
const SCHEMES = ['light', 'dark'] as const;

async function picture(
  browser: Browser,
  html: string,
  file: string,
  look: { readonly width: number; readonly scheme: 'light' | 'dark'; readonly height?: number },
): Promise<void> {
  const page = await browser.newPage({
    viewport: { width: look.width, height: look.height ?? 700 },
    colorScheme: look.scheme,
    // A mail loads nothing, and runs nothing.
    javaScriptEnabled: false,
    offline: true,
  });
  await page.setContent(html);
  const wide = await page
    .locator('body')
    .evaluate(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth);
  if (wide) process.stderr.write(`${file} is wider than the screen\n`);
  writeFileSync(file, await page.screenshot({ fullPage: look.height === undefined }));
  await page.close();
}

const [folder = join(tmpdir(), 'tidemark-mails'), ...wanted] = process.argv.slice(2);
const browser = await launchChromium();
if (folder === '--docs') {
  const file = join(import.meta.dirname, '../docs/pictures/mail.png');
  mkdirSync(join(file, '..'), { recursive: true });
  await picture(browser, SAMPLE_MAILS['failure']!.html, file, { width: 780, scheme: 'light' });
  process.stdout.write(`${file}\n`);
} else {
  mkdirSync(folder, { recursive: true });
  for (const [kind, { html, text }] of Object.entries(SAMPLE_MAILS)) {
    if (wanted.length > 0 && !wanted.includes(kind)) continue;
    writeFileSync(join(folder, `${kind}.txt`), text);
    writeFileSync(join(folder, `${kind}.html`), html);
    for (const [device, width] of Object.entries(WIDTHS)) {
      for (const scheme of SCHEMES)
        await picture(browser, html, join(folder, `${kind}-${device}-${scheme}.png`), { width, scheme });
    }
  }
  process.stdout.write(`${folder}\n`);
}
await browser.close();
