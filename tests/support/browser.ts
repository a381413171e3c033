/** Chromium for tests of pages: each page notes what a strict page must not do. */
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { clearLater } from './leftovers.ts';

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
/** Long on a busy machine. */
const WAIT_MS = 90_000;

export interface TestBrowser {
  /** A page in a profile of its own. */
  open(url: string, options?: BrowserContextOptions): Promise<Page>;
  /** What pages have done that they must not: requests to other hosts, violations of their policy, faults of scripts. */
  offences(): readonly string[];
  /** Closes the pages that are open, and forgets what they have done. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

/** Starts /usr/bin/chromium, or what CHROMIUM names. */
export function launchChromium(): Promise<Browser> {
  const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
  return chromium.launch({ executablePath, args: FLAGS, timeout: WAIT_MS });
}

export async function openBrowser(): Promise<TestBrowser> {
  const browser = await launchChromium();
  const closed = clearLater(() => void browser.close());
  const offences: string[] = [];
  return {
    async open(url, options = {}) {
      const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
      context.setDefaultTimeout(WAIT_MS);
      context.on('request', (request) => {
        // Where the test itself goes, the page may be fetched from.
        const home = request.isNavigationRequest() ? null : new URL(request.frame().url()).host;
        if (home !== null && new URL(request.url()).host !== home)
          offences.push(`request to ${request.url()}`);
      });
      context.on('console', (message) => {
        const text = message.text();
        if (/Content Security Policy|violates/i.test(text)) offences.push(text);
      });
      context.on('weberror', (error) => offences.push(`fault of a script: ${error.error().message}`));
      const page = await context.newPage();
      await page.goto(url);
      return page;
    },
    offences: () => offences,
    async clear() {
      offences.splice(0);
      await Promise.all(browser.contexts().map((context) => context.close()));
    },
    async close() {
      closed();
      await browser.close();
    },
  };
}
