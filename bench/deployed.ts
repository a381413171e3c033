/** What a daemon has in its environment where deploy/tidemark.service starts it, as far as measuring it depends on it. */
import { readFileSync } from 'node:fs';

/** How it asks the C library for memory: MALLOC_…, by name. */
export function mallocSettings(): Record<string, string> {
  const unit = readFileSync('deploy/tidemark.service', 'utf8');
  const lines = [...unit.matchAll(/^Environment=(MALLOC_\w+)=(\w+)$/gm)];
  if (lines.length === 0) throw new Error('deploy/tidemark.service sets nothing for malloc');
  return Object.fromEntries(lines.map(([, name, value]) => [name, value]));
}
