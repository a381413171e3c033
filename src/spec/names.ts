/** Names and texts that go into SQL: what no server can store is a fault of the spec, not of the run. */

/** What is wrong with a table or column name; null where nothing is. Any name that MySQL can hold is fine. */
export function nameFault(name: string): string | null {
  if (name.includes('\0')) return 'found a NUL character in a name. Remove it.';
  if (name.endsWith(' ')) return 'found a name that ends with a space; MySQL has none. Remove it.';
  return textFault(name);
}

/** What is wrong with a text that has to become UTF-8; null where nothing is. */
export function textFault(text: string): string | null {
  if (!/\p{Surrogate}/u.test(text)) return null;
  return 'found half of a character (a lone surrogate \\ud800 to \\udfff). Write the character itself.';
}
