/**
 * Object keys. What comes from a spec or a server is made safe here, so that no name leaves its place in the bucket.
 */

export const DEFAULT_TEMPLATE = '{task}/{table}_{stamp}.{ext}';

/** `YYYYMMDDHHmmss`, UTC. */
export function stampOf(instant: Date): string {
  return instant.toISOString().replace(/\D/g, '').slice(0, 14);
}

export interface KeyParts {
  /** The sink's; taken as it is. */
  readonly prefix: string;
  /** From the spec, or the default. */
  readonly template: string | null;
  readonly task: string;
  readonly table: string;
  readonly scheduledFor: Date;
  /** Names the run. */
  readonly stamp: string;
  readonly runId: string;
  readonly extension: string;
  /** Whether several objects need a number each. */
  readonly batched: boolean;
}

/** The key of a table's object; where `batched`, with `{batch}` left in it for `objectKey`. */
export function keyPattern(parts: KeyParts): string {
  const iso = parts.scheduledFor.toISOString();
  const values: Readonly<Record<string, string>> = {
    task: safeSegment(parts.task),
    table: safeSegment(parts.table),
    stamp: parts.stamp,
    date: iso.slice(0, 10),
    year: iso.slice(0, 4),
    month: iso.slice(5, 7),
    day: iso.slice(8, 10),
    hour: iso.slice(11, 13),
    minute: iso.slice(14, 16),
    run_id: parts.runId,
    ext: parts.extension,
    batch: parts.batched ? '{batch}' : '0',
  };
  const template = withBatch(parts.template ?? DEFAULT_TEMPLATE, parts.batched);
  return parts.prefix + template.replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);
}

/** A template of one object, made to hold several: the number stands before the extension. */
export function withBatch(template: string, batched: boolean): string {
  if (!batched || template.includes('{batch}')) return template;
  const slash = template.lastIndexOf('/');
  const extension = template.indexOf('.{ext}', slash);
  const dot = extension === -1 ? template.lastIndexOf('.') : extension;
  const at = dot > slash ? dot : template.length;
  return `${template.slice(0, at)}_{batch}${template.slice(at)}`;
}

export function objectKey(pattern: string, batch: number | null): string {
  return batch === null ? pattern : pattern.replaceAll('{batch}', String(batch));
}

export function manifestKey(prefix: string, task: string, stamp: string): string {
  return `${prefix}${safeSegment(task)}/_manifest_${stamp}.json`;
}

/**
 * A name as one path segment: letters and digits of any script, and `._-`, stay; all else is percent-encoded, so
 * that two names never become one key. A name of dots alone would climb; its first dot is encoded too.
 */
export function safeSegment(name: string): string {
  const safe = name.replace(/[^\p{L}\p{N}._-]/gu, (char) =>
    Array.from(Buffer.from(char), (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  );
  return /^\.+$/.test(safe) ? `%2E${safe.slice(1)}` : safe;
}
