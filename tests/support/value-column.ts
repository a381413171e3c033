/**
 * What a column of the wide table is: its type, the values at its edges, what the server is asked about them, and what
 * DuckDB takes the column for in Parquet. What only some servers have is chosen by their version.
 */
/** What the server is asked about a column; see QUESTIONS in wide-table.ts. */
export type Says =
  | 'plain'
  | 'filled'
  | 'decimal'
  | 'filledDecimal'
  | 'float'
  | 'double'
  | 'bit'
  | 'date'
  | 'datetime'
  | 'timestamp'
  | 'impossible'
  | 'text'
  | 'bytes'
  | 'wkt'
  | 'json';

export interface ValueColumn {
  /** As in CREATE TABLE. */
  readonly type: string;
  /** SQL expressions, a row each; NULL in the rows behind. Of a NOT NULL column they begin again. None: the table computes them. */
  readonly values: readonly string[];
  readonly says: Says;
  /** The type that DuckDB finds in Parquet. */
  readonly duck: string;
}

export type ValueColumns = Record<string, ValueColumn>;

/** What not every server has. */
export interface Abilities {
  readonly json: boolean;
  /** Columns that are computed. */
  readonly generated: boolean;
  /** The word that hides a column. */
  readonly invisible: string | null;
  readonly inet: boolean;
  readonly uuid: boolean;
  readonly vector: boolean;
  readonly gb18030: boolean;
}

export function abilitiesOf(server: {
  readonly flavor: 'mysql' | 'mariadb';
  readonly version: readonly [major: number, minor: number];
}): Abilities {
  const [major, minor] = server.version;
  const from = (least: number, leastMinor = 0): boolean =>
    major > least || (major === least && minor >= leastMinor);
  if (server.flavor === 'mariadb') {
    const [inet, uuid, vector] = [from(10, 10), from(10, 7), from(11, 7)];
    return { json: true, generated: true, invisible: 'INVISIBLE DEFAULT 9', inet, uuid, vector, gb18030: false };
  }
  const [json, vector] = [from(5, 7), from(9)];
  const invisible = from(8) ? 'DEFAULT 9 INVISIBLE' : null;
  return { json, generated: json, invisible, inet: false, uuid: false, vector, gb18030: json };
} // prettier-ignore

export const column =
  (says: Says, duck: string) =>
  (type: string, ...values: string[]): ValueColumn => ({ type, values, says, duck });
