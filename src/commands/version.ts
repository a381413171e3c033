/** Which Tidemark this is. */
import { readFileSync } from 'node:fs';

/** `1.2.3`, as package.json says it. */
export function version(): string {
  const file = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
