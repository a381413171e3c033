/** Text from a file as it may appear in a message: quoted, shortened, and unable to steer a terminal or a mail. */

// Control characters that JSON leaves as they are, and marks that turn the direction of the text around them.
const HIDDEN = /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** `"text"`, with what cannot be seen escaped, and at most about `longest` characters of it. */
export function showText(text: string, longest = 60): string {
  const short = text.length <= longest ? text : `${text.slice(0, longest)}…`;
  return JSON.stringify(short).replace(
    HIDDEN,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** `table[0].filters.manager_id`: where a value stands. Names that are no plain words stand in quotes. */
export function showPath(path: readonly (string | number)[]): string {
  let shown = '';
  for (const segment of path) {
    if (typeof segment === 'number') shown += `[${segment}]`;
    else if (/^[\w$-]{1,64}$/.test(segment)) shown += shown === '' ? segment : `.${segment}`;
    else shown += `[${showText(segment)}]`;
  }
  return shown;
}
