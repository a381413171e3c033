/** What is handed out once and stays up to date. */

/**
 * A record of functions whose every part is, at each use, that of the newest one. Whoever keeps a part for longer keeps
 * an old one.
 */
export function following<T extends object>(newest: () => T): T {
  return new Proxy({} as T, { get: (_, part) => newest()[part as keyof T] });
}
