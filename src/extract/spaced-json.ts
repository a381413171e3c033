/** JSON text with the spaces that MySQL and MariaDB put into it: one behind each comma and colon, and no others. */

const TOKENS = /"[^"\\]*(?:\\.[^"\\]*)*"|[,:]|[^\s",:]+/gs;

/** @param json valid JSON. */
export function spacedJson(json: string): string {
  if (!/[[{]/.test(json)) return json;
  const tokens = json.match(TOKENS) ?? [];
  return tokens.map((token) => (token === ',' || token === ':' ? `${token} ` : token)).join('');
}
