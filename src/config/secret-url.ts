/** A URL that is a secret as a whole: what is allowed, and what of it must never be shown. Pure. */

/** Shorter parts turn up in ordinary words, and are no secret by themselves. */
const MIN_PART = 12;

/** What is wrong with the URL of a webhook, without saying what it is; null: nothing. */
export function webhookFault(text: string): string | null {
  const allowed =
    'Allowed: a URL that begins with https://, or with http:// where its host is this machine (127.0.0.1, ::1, localhost).';
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null) return `found a text that is no URL. ${allowed}`;
  if (url.protocol === 'https:') return null;
  if (url.protocol !== 'http:') return `found a URL that begins with ${url.protocol}//. ${allowed}`;
  return isLoopback(url.hostname) ? null : `found an http:// URL of another machine. ${allowed}`;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);
}

/** The whole, what stands behind the host, and the parts of it that could be a key. */
export function secretsInUrl(text: string): string[] {
  const { href, pathname, search, searchParams, username, password } = new URL(text);
  const parts = [...pathname.split('/'), ...searchParams.values(), username, password];
  const behindHost = pathname.length > 1 ? [`${pathname}${search}`, pathname] : [];
  return [
    text,
    href,
    ...behindHost.filter((one) => one.length >= MIN_PART),
    ...parts.filter((part) => part.length >= MIN_PART),
  ];
}
