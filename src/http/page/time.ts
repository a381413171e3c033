/** Instants on a page: how far they are, with the exact time beside it or on top of it. */
import { html } from 'hono/html';
import { clock, relative, shortClock } from './words.ts';

/** `12 min ago`, which the script of the pages keeps true; pointing at it tells the exact time. */
export function ago(iso: string, now: Date, zone = 'UTC') {
  const instant = new Date(iso);
  return html`<time datetime="${iso}" title="${clock(instant, zone)} ${zone}" data-relative
    >${relative(instant, now)}</time
  >`;
}

/** `since Mon 23 Nov, 03:00, 12 min ago` */
export function sinceWhen(iso: string, now: Date, zone = 'UTC') {
  return html`since ${shortClock(new Date(iso), zone)} ${zone}, ${ago(iso, now, zone)}`;
}

/** `Mon, 23 Nov 2026, 03:00:00 Europe/Berlin` */
export function exact(iso: string, zone = 'UTC') {
  return html`<time datetime="${iso}">${clock(new Date(iso), zone)} ${zone}</time>`;
}
