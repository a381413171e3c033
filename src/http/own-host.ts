/**
 * Whether a request is meant for this server. A page of another site can make its own name point at this address (DNS
 * rebinding) and would then read what is served here as its own; the browser still sends that name as `Host`. An address
 * in its place is nobody's name, and is what probes of containers send.
 */
import { isIP } from 'node:net';

/** `name:port`, `1.2.3.4:port`, `[::1]:port`, each also without the port. */
const HOST = /^(?:\[(?<v6>[\da-f:.]+)\]|(?<name>[\w.-]+))(?::\d{1,5})?$/i;

/**
 * @param host the header; undefined: there is none, which no browser leaves out.
 * @param names that are this server's besides `localhost` and what is below it.
 */
export function isOwnHost(host: string | undefined, names: readonly string[]): boolean {
  if (host === undefined) return true;
  const { v6, name = '' } = HOST.exec(host)?.groups ?? {};
  if (v6 !== undefined) return isIP(v6) === 6;
  const found = plain(name);
  if (isIP(found) === 4 || found === 'localhost' || found.endsWith('.localhost')) return true;
  return found !== '' && names.some((own) => plain(own) === found);
}

/** Names are the same in any case, and with the dot of the root. */
function plain(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}
