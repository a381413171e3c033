/**
 * Where the objects of one table lie: the pattern of their keys over all runs and batches, in the notations in which
 * the warehouses take it. Objects of backfills have stamps of their own and are not meant. Pure.
 */
import { DEFAULT_TEMPLATE, safeSegment, withBatch } from '../plan/keys.ts';

/** What of a key is the same for every object, and what is not. */
export type KeyPiece =
  | { readonly is: 'text'; readonly text: string }
  /** So many digits. */
  | { readonly is: 'digits'; readonly count: number; readonly begins20: boolean }
  | { readonly is: 'date' | 'batch' | 'runId' }
  /** `_` and a batch number, or nothing. */
  | { readonly is: 'perhapsBatch'; readonly text: string };

export interface KeyLayout {
  /** The folder that all of them are in, with its slash: as deep as it is the same for all. */
  readonly folder: string;
  /** What comes behind the folder. */
  readonly pieces: readonly KeyPiece[];
  /** Names in folders such as `dt={date}`. */
  readonly partitions: readonly string[];
  /** Whether objects of the task's other tables are in the same folders. */
  readonly shared: boolean;
}

export interface KeyLayoutParts {
  readonly prefix: string;
  /** From the spec, or the default. */
  readonly template: string | null;
  readonly task: string;
  readonly table: string;
  readonly extension: string;
  /** How many tables the task has. */
  readonly tables: number;
  /** Whether the table may be exported in batches, now or once it has grown. */
  readonly mayBatch: boolean;
}

const DIGITS: Readonly<Record<string, { readonly count: number; readonly begins20: boolean }>> = {
  stamp: { count: 14, begins20: true },
  year: { count: 4, begins20: true },
  month: { count: 2, begins20: false },
  day: { count: 2, begins20: false },
  hour: { count: 2, begins20: false },
  minute: { count: 2, begins20: false },
};

/** Stands for the number that is only there in batches. */
const PERHAPS = '{perhaps_batch}';

export function keyLayout(parts: KeyLayoutParts): KeyLayout {
  const template = parts.template ?? DEFAULT_TEMPLATE;
  const numbered =
    parts.mayBatch && !template.includes('{batch}')
      ? withBatch(template, true).replace('_{batch}', PERHAPS)
      : template;
  const all = merged([
    { is: 'text', text: parts.prefix },
    ...Array.from(numbered.matchAll(/\{(\w+)\}|[^{]+|\{/g), ([text, name]) => pieceOf(text, name, parts)),
  ]);
  const [first] = all;
  const fixed = first?.is === 'text' ? first.text : '';
  const folder = fixed.slice(0, fixed.lastIndexOf('/') + 1);
  const rest = fixed.slice(folder.length);
  const folders = template.split('/').slice(0, -1);
  return {
    folder,
    pieces: merged([{ is: 'text', text: rest }, ...(first?.is === 'text' ? all.slice(1) : all)]),
    partitions: folders.flatMap((one) => /^([^={}]+)=.*\{(?!task\}|table\}|ext\})/.exec(one)?.[1] ?? []),
    shared: parts.tables > 1 && !folders.some((one) => one.includes('{table}')),
  };
}

function pieceOf(text: string, name: string | undefined, parts: KeyLayoutParts): KeyPiece {
  const fixed: Readonly<Record<string, string>> = {
    task: safeSegment(parts.task),
    table: safeSegment(parts.table),
    ext: parts.extension,
  };
  if (name === undefined) return { is: 'text', text };
  if (name === 'batch') return parts.mayBatch ? { is: 'batch' } : { is: 'text', text: '0' };
  if (text === PERHAPS) return { is: 'perhapsBatch', text: '_' };
  if (name === 'date') return { is: 'date' };
  if (name === 'run_id') return { is: 'runId' };
  const digits = DIGITS[name];
  return digits === undefined ? { is: 'text', text: fixed[name] ?? text } : { is: 'digits', ...digits };
}

/** Neighbouring texts as one, empty ones gone. */
function merged(pieces: readonly KeyPiece[]): KeyPiece[] {
  const out: KeyPiece[] = [];
  for (const piece of pieces) {
    const last = out.at(-1);
    if (piece.is !== 'text') out.push(piece);
    else if (last?.is === 'text') out[out.length - 1] = { is: 'text', text: last.text + piece.text };
    else if (piece.text !== '') out.push(piece);
  }
  return out;
}

/** Key pattern with `*`, `?` and `[0-9]`. */
export function globOf({ folder, pieces }: KeyLayout): string {
  const any = (count: number): string => '[0-9]'.repeat(count);
  const tail = pieces.map((piece) => {
    switch (piece.is) {
      case 'text':
        return escapeGlob(piece.text);
      case 'digits':
        return any(piece.count);
      case 'date':
        return `${any(4)}-${any(2)}-${any(2)}`;
      case 'batch':
        return '[0-9]*';
      case 'runId':
        return `${any(14)}-${'[0-9a-f]'.repeat(8)}`;
      case 'perhapsBatch':
        return '*';
    }
  });
  return escapeGlob(folder) + tail.join('');
}

function escapeGlob(text: string): string {
  return text.replace(/[[*?]/g, (char) => `[${char}]`);
}

/** Regular expression for what comes behind the folder, or for the whole key that ends with it. */
export function regexOf({ pieces }: KeyLayout): string {
  const tail = pieces.map((piece) => {
    switch (piece.is) {
      case 'text':
        return piece.text.replace(
          /[^\w/=%-]/g,
          (char) => `[${char === '^' || char === '\\' || char === ']' ? `\\${char}` : char}]`,
        );
      case 'digits':
        return `[0-9]{${piece.count}}`;
      case 'date':
        return '[0-9]{4}-[0-9]{2}-[0-9]{2}';
      case 'batch':
        return '[0-9]+';
      case 'runId':
        return '[0-9]{14}-[0-9a-f]{8}';
      case 'perhapsBatch':
        return '(_[0-9]+)?';
    }
  });
  return `(.*/)?${tail.join('')}`;
}

/**
 * Key pattern with the one `*` that some warehouses allow. All runs are of this century, which keeps `orders_*` from
 * taking what belongs to `orders_archive`.
 */
export function oneStarOf({ folder, pieces }: KeyLayout): string {
  const [first] = pieces;
  const head = first?.is === 'text' ? first.text : '';
  const rest = first?.is === 'text' ? pieces.slice(1) : pieces;
  const varies = rest.at(0);
  if (varies === undefined) return folder + head;
  const century =
    varies.is === 'date' || varies.is === 'runId' || (varies.is === 'digits' && varies.begins20);
  const last = rest.at(-1);
  const tail = last?.is === 'text' ? last.text : '';
  return `${folder}${head}${century ? '20' : ''}*${tail}`;
}
