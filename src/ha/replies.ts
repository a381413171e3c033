/** What Redis answers to a look at the state that two daemons have in common. */
import type { Change } from '../state/changes.ts';
import type { Head, Holder } from './shared-state.ts';

type Fields = Readonly<Record<string, string>>;
type Entry = readonly [id: Buffer, fields: readonly Buffer[]];
export type Replies = readonly [Fields, Fields, readonly (string | null)[], Fields, readonly Entry[]];

export function headOf(fields: Fields): Head | null {
  const number = (name: string): number => Number(fields[name]);
  if (fields['lineage'] === undefined) return null;
  return {
    lineage: fields['lineage'],
    version: number('version'),
    seq: number('seq'),
    digest: fields['digest']!,
    token: number('token'),
    copy: {
      id: fields['copy']!,
      seq: number('copy_seq'),
      bytes: number('copy_bytes'),
      sha256: fields['copy_sha256']!,
      pieces: number('copy_pieces'),
    },
    logged: number('logged'),
  };
}

/** Of a token: see `scripts.ts`. */
export function numberOf(token: string | null | undefined): number {
  return Number.parseInt(token ?? '0', 10);
}

export function holderOf(fields: Fields): Holder {
  return JSON.parse(fields['holder']!) as Holder;
}

export function changeOf([id, [, token, , digest, , changeset]]: Entry): Change {
  return {
    seq: Number.parseInt(id.toString(), 10),
    token: Number(token!.toString()),
    digest: digest!.toString(),
    changeset: changeset!,
  };
}
