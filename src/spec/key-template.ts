/**
 * The placeholders of `key_template`, and the rules that keep every key inside the prefix of its sink.
 */
import { textFault } from './names.ts';
import { didYouMean } from '../nearest.ts';
import { showText } from './show.ts';

export const KEY_PLACEHOLDERS = [
  'task',
  'table',
  'stamp',
  'date',
  'year',
  'month',
  'day',
  'hour',
  'minute',
  'run_id',
  'batch',
  'ext',
] as const;

const LONGEST = 512;
const ALLOWED = `Allowed: ${KEY_PLACEHOLDERS.map((name) => `{${name}}`).join(', ')}.`;

/** What a task exports, as far as its keys depend on it. */
export interface KeyNeeds {
  /** Several tables need `{table}`, or they would share a key. */
  readonly tables: number;
  /** Whether a run reads only what is new: its objects must not be overwritten by those of the next. */
  readonly incremental: boolean;
}

/** What is wrong with a key template, one sentence for each thing. */
export function keyTemplateFaults(template: string, { tables, incremental }: KeyNeeds): string[] {
  const faults: string[] = [];
  if (template === '') return ['found an empty text. Allowed: a key such as "{task}/{table}_{stamp}.{ext}".'];
  if (template.length > LONGEST)
    faults.push(`found ${template.length} characters. Allowed: at most ${LONGEST}.`);
  if (/[\p{Cc}\\]/u.test(template)) {
    faults.push('found a control character or a backslash. Allowed: neither.');
  }
  const notText = textFault(template);
  if (notText !== null) faults.push(notText);
  if (template.startsWith('/'))
    faults.push('found "/" at the beginning; the key goes behind the prefix of the sink. Remove it.');

  const folders = template.replace(/^\//, '').split('/');
  const bad = folders.find((folder) => folder === '' || folder === '.' || folder === '..');
  if (bad !== undefined) {
    faults.push(
      `found ${bad === '' ? 'an empty name' : `"${bad}"`} between two "/", before the first or behind the last. Remove it.`,
    );
  }
  if (folders.at(-1)?.startsWith('_manifest') === true) {
    faults.push('found a name that begins with "_manifest", as the manifest of a run does. Choose another.');
  }
  if (/[\p{N}}]\{batch\}|\{batch\}[\p{N}{]/u.test(template)) {
    faults.push(
      'found {batch} next to another number or name; "1" and "11" would run together. Set it apart: "_{batch}".',
    );
  }
  const names = [...template.matchAll(/\{([^{}]*)\}/g)].map((match) => match[1]!);
  for (const name of names) {
    if ((KEY_PLACEHOLDERS as readonly string[]).includes(name)) continue;
    faults.push(
      `found the unknown placeholder ${showText(`{${name}}`)}.${didYouMean(name, KEY_PLACEHOLDERS)} ${ALLOWED}`,
    );
  }
  if (/[{}]/.test(template.replace(/\{[^{}]*\}/g, '')))
    faults.push(`found a "{" or "}" without its other half. ${ALLOWED}`);
  if (tables > 1 && !names.includes('table')) {
    faults.push(`found no {table}, and ${tables} tables would share one key. Add {table}.`);
  }
  if (incremental && !names.includes('stamp') && !names.includes('run_id')) {
    faults.push(
      'found neither {stamp} nor {run_id} in the keys of a task with a watermark; a later run would overwrite the objects of an earlier one, whose rows are not read again. Add {stamp}.',
    );
  }
  return faults;
}
