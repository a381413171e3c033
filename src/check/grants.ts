/**
 * What SHOW GRANTS says, read: privileges, on what, and whether they may be handed on. Pure.
 *
 * https://dev.mysql.com/doc/refman/8.4/en/show-grants.html, https://mariadb.com/kb/en/show-grants/
 */

export interface Grant {
  /** As the server writes them, with their columns: `ALL PRIVILEGES`, ``SELECT (`id`)``. */
  readonly privileges: readonly string[];
  /** As the server writes it, `*.*` or `` `hr`.`jobs` ``; of a routine with its kind before it. */
  readonly object: string;
  /** Whose they are, as the server writes it; a role's, where the session has them through one. */
  readonly grantee: string;
  /** WITH GRANT OPTION. */
  readonly handsOn: boolean;
}

export interface Grants {
  readonly grants: readonly Grant[];
  /** Whether the account has roles: some of what it may do can come from one. */
  readonly roles: boolean;
}

/** @param lines as the server sent them; what is no GRANT of privileges or of a role is passed over. */
export function readGrants(lines: readonly string[]): Grants {
  const grants: Grant[] = [];
  let roles = false;
  for (const line of lines) {
    if (!line.startsWith('GRANT ')) continue;
    const [granted = '', on] = split(line.slice('GRANT '.length), ' ON ');
    if (on === undefined) {
      roles = true;
      continue;
    }
    const [object = '', to = ''] = split(on, ' TO ');
    const privileges = split(granted, ',').map((one) => one.trim());
    if (privileges.includes('PROXY')) continue;
    const grantee = /^\S*?(?:'[^']*'|`[^`]*`|[^\s@]+)(?:@(?:'[^']*'|`[^`]*`|\S+))?/.exec(to)?.[0] ?? to;
    grants.push({ privileges, object, grantee, handsOn: / WITH GRANT OPTION\b/.test(to) });
  }
  return { grants, roles };
}

/** `SELECT` of ``SELECT (`id`)``, in upper case. */
export function privilegeName(privilege: string): string {
  return privilege.replace(/\s*\(.*$/s, '').toUpperCase();
}

/** Parts of a text between separators that stand outside of quotes and brackets. */
function split(text: string, separator: string): string[] {
  const parts: string[] = [];
  let begin = 0;
  let quote: string | null = null;
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!;
    if (quote !== null) {
      if (char === quote) quote = null;
    } else if (char === '`' || char === "'" || char === '"') quote = char;
    else if (char === '(') depth++;
    else if (char === ')') depth--;
    else if (depth === 0 && text.startsWith(separator, at)) {
      parts.push(text.slice(begin, at));
      begin = at + separator.length;
      at = begin - 1;
    }
  }
  return [...parts, text.slice(begin)];
}
