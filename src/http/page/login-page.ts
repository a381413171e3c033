/** `/login`: where the token is said. */
import { html } from 'hono/html';
import { layout, type Html, type Visitor } from './layout.ts';
import type { Instance } from './model.ts';

/** @param next where to go then. @param wrong why it did not work; null: it was not tried. */
export function loginPage(
  instance: Instance,
  visitor: Visitor,
  { next, name, wrong }: { readonly next: string; readonly name: string; readonly wrong: string | null },
): Html {
  return layout(
    'Sign in · Tidemark',
    instance,
    visitor,
    html`<div class="page-head" id="head"><h1>Sign in to act</h1></div>
      <form class="login" method="post" action="/login">
        ${wrong === null ? '' : html`<p class="wrong" role="alert">${wrong}</p>`}
        <input type="hidden" name="next" value="${next}" />
        <label
          >Your name, for the history
          <input name="name" value="${name}" required maxlength="64" autocomplete="name"
        /></label>
        <label>Token <input name="token" type="password" required autocomplete="current-password" /></label>
        <p class="dim">It is <code>http.token</code> of the config. You stay signed in for 12 hours.</p>
        <div class="actions"><button>Sign in</button> <a class="button quiet" href="${next}">Back</a></div>
      </form>`,
  );
}
