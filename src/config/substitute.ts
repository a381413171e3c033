/** `${ENV_NAME}` and `${file:/path}` in the texts of the config. `$${` stands for `${` itself. */
import { readFileSync } from 'node:fs';
import { showText } from '../spec/show.ts';

export interface Substituted {
  readonly text: string;
  /** What was put in, piece by piece. */
  readonly pieces: readonly string[];
  /** The placeholders as written, `${MYSQL_PASSWORD}`. */
  readonly placeholders: readonly string[];
  readonly faults: readonly string[];
}

const PLACEHOLDER = /\$\$\{|\$\{([^}]*)(\}|$)/g;
const ALLOWED = 'Allowed: ${ENV_NAME}, ${file:/path}, or $${ for the two characters themselves.';

/** Replaces every placeholder of a text. What cannot be replaced is a fault and stays as it is. */
export function substitute(text: string, env: Readonly<Record<string, string | undefined>>): Substituted {
  const pieces: string[] = [];
  const placeholders: string[] = [];
  const faults: string[] = [];
  const replaced = text.replace(
    PLACEHOLDER,
    (whole: string, name: string | undefined, end: string | undefined) => {
      if (name === undefined) return '${';
      const value = end === '}' ? resolve(name, env) : { fault: `found "\${" without a "}". ${ALLOWED}` };
      placeholders.push(whole);
      if (typeof value === 'string') {
        pieces.push(value);
        return value;
      }
      faults.push(value.fault);
      return whole;
    },
  );
  return { text: replaced, pieces, placeholders, faults };
}

function resolve(
  name: string,
  env: Readonly<Record<string, string | undefined>>,
): string | { readonly fault: string } {
  if (name.startsWith('file:')) return readSecretFile(name.slice('file:'.length));
  if (!/^[A-Za-z_]\w*$/.test(name)) return { fault: `found ${showText(`\${${name}}`)}. ${ALLOWED}` };
  return env[name] ?? { fault: `names the environment variable ${name}, which is not set. Set it.` };
}

/** The text of a file without the newline that editors put at its end. */
function readSecretFile(path: string): string | { readonly fault: string } {
  try {
    return readFileSync(path, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    const words: Readonly<Record<string, string>> = {
      ENOENT: 'does not exist',
      EACCES: 'may not be read by the user Tidemark runs as',
      EISDIR: 'is a folder',
    };
    const why = words[reason] ?? `cannot be read (${reason})`;
    return { fault: `names the file ${showText(path, 200)}, which ${why}. Correct the path or the file.` };
  }
}
