/** A page that says one thing: what is not there, or not yet. */
import { html } from 'hono/html';
import { layout, type Html, type Visitor } from './layout.ts';
import type { Instance } from './model.ts';

export function messagePage(title: string, text: string, instance: Instance, visitor: Visitor): Html {
  return layout(
    `${title} · Tidemark`,
    instance,
    visitor,
    html`<div class="page-head" id="head"><h1>${title}</h1></div>
      <p>${text}</p>
      <p><a href="/">All tasks</a></p>`,
  );
}
