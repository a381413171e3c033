/** URLs that are secrets, or hold one: what is allowed, and what of them must never be shown. Pure. */

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

export const REDIS_URL_ALLOWED =
  'Allowed: a URL such as "redis://127.0.0.1:6379", or "rediss://…" for TLS; user, password and the number of a database may be in it.';

const ESCAPES =
  'A character such as / ? # @ or % of a password has to be written as %2F, %3F, %23, %40 or %25.';

/** What is wrong with the URL of a Redis server, without saying what it is; null: nothing. */
export function redisUrlFault(text: string): string | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null) return `found a text that is no URL. ${REDIS_URL_ALLOWED} ${ESCAPES}`;
  if (url.protocol !== 'redis:' && url.protocol !== 'rediss:')
    return `found a URL that begins with ${url.protocol}//. ${REDIS_URL_ALLOWED}`;
  if (url.hostname === '') return `found a URL without a host. ${REDIS_URL_ALLOWED}`;
  if (!/^\/?\d{0,5}$/.test(url.pathname) || url.search !== '' || url.hash !== '')
    return `found more behind the host than the number of a database. ${REDIS_URL_ALLOWED} ${ESCAPES}`;
  return decoded(url.username) === null || decoded(url.password) === null
    ? `found a "%" that begins no escape in its user or password. ${REDIS_URL_ALLOWED} ${ESCAPES}`
    : null;
}

/** Of a URL without a password: nothing. */
export function secretsInRedisUrl(text: string): string[] {
  const { href, password } = new URL(text);
  return password === '' ? [] : [text, href, password, decoded(password)!];
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
