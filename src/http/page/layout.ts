/** What all pages have around them. Templates are hono/html: they escape every value, and need no build step. */
import { html } from 'hono/html';
import type { Instance } from './model.ts';
import { ago } from './time.ts';

export type Html = ReturnType<typeof html>;

/** What the pages offer to whoever looks at them. */
export interface Visitor {
  /** `off`: the config has no token; `out`: nobody is signed in. */
  readonly actions: 'off' | 'out' | 'in';
  /** Who is signed in; null: nobody. */
  readonly name: string | null;
  /** Where to come back to after signing in: path of the page. */
  readonly path: string;
  readonly now: Date;
  /** What has just been done, in a sentence; null: nothing. */
  readonly notice: string | null;
}

/** @param title in the browser's tab, after the state that it begins with. */
export function layout(title: string, instance: Instance, visitor: Visitor, main: Html): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title}</title>
        <link rel="icon" href="/assets/icon.svg" type="image/svg+xml" />
        <link rel="stylesheet" href="/assets/style.css" />
        <script type="module" src="/assets/page.js"></script>
        <noscript><meta http-equiv="refresh" content="60" /></noscript>
      </head>
      <body>
        <a class="skip" href="#main">To the content</a>
        <header class="top">
          <a class="brand" href="/"><img src="/assets/icon.svg" alt="" width="24" height="24" /> Tidemark</a>
          <span class="where">${instance.host}</span>
          <span class="link-state" id="link" role="status"></span>
          ${signing(visitor)}
        </header>
        <main id="main" tabindex="-1" data-version="${instance.page_version}">
          ${visitor.notice === null ? '' : html`<p class="notice" role="status">${visitor.notice}</p>`}
          ${main}
        </main>
        <footer>
          Tidemark ${instance.version} · up since
          ${ago(instance.started_at, visitor.now)}${instance.mails ? '' : html` · <strong>nobody is told of failures: the config has neither <code>smtp</code> nor <code>notify.webhook</code></strong>`}
          · <a href="/api/tasks">tasks</a> and <a href="/api/runs">runs</a> as JSON
        </footer>
      </body>
    </html> `;
}

function signing({ actions, name, path }: Visitor): Html {
  if (actions === 'off' || path === '/login') return html``;
  if (actions === 'out')
    return html`<a class="button quiet sign" href="/login?next=${encodeURIComponent(path)}"
      >Sign in to act</a
    >`;
  return html`<form class="sign" method="post" action="/logout">
    <span class="who">${name}</span> <button class="quiet">Sign out</button>
  </form>`;
}
