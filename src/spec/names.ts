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

/** Columns of MySQL have names of up to so many characters. */
const LONGEST_NAME = 64;

/** What is wrong with the name of an output column; null where nothing is. Servers change some names silently. */
export function outputNameFault(name: string): string | null {
  if (name === '') return 'found an empty name. Allowed: the name of the output column.';
  // oxlint-disable-next-line no-control-regex -- what servers cut off
  if (/^[\0- \x7f]/.test(name))
    return 'found a name that begins with a space or a control character; servers cut it off. Remove it.';
  if (/[\u{10000}-\u{10ffff}]/u.test(name))
    return 'found a character such as an emoji in a name; servers write "?" in its place. Choose another name.';
  if (name.length > LONGEST_NAME)
    return `found a name of ${name.length} characters. Allowed: up to ${LONGEST_NAME}.`;
  return nameFault(name);
}
