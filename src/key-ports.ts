/** What is asked of a table's indexes and keys before it is cut into ranges: given by `sources/`, put into SQL in `plan/ranges/`. */

export interface TableIndex {
  readonly name: string;
  readonly unique: boolean;
  /** In order. `whole`: false of an index on a prefix of the values. */
  readonly columns: readonly { readonly name: string; readonly whole: boolean }[];
}

/** How the server would read the one table of a SELECT. */
export interface ReadEstimate {
  /** As EXPLAIN says it: `range`, `ref`; `ALL` and `index` read all of it; null: there is nothing to read. */
  readonly access: string | null;
  readonly index: string | null;
  /** Rows that are looked at; null: not known. */
  readonly rows: number | null;
}

export interface KeyQuestions {
  /** Those that a query can use and that keep an order; empty of a view. */
  indexes(table: string): Promise<readonly TableIndex[]>;
  /**
   * EXPLAIN of SELECTs of one table each, many at once; where there are several, they have one column each and no
   * order.
   *
   * @returns one for each, in their order.
   */
  estimates(selects: readonly string[]): Promise<readonly ReadEstimate[]>;
  /** The rows of a SELECT that has few of them, as text. */
  texts(sql: string): Promise<readonly (readonly (string | null)[])[]>;
  /** The same, of a SELECT that puts texts into order: by the whole of them, however long they are. */
  sortedTexts(sql: string): Promise<readonly (readonly (string | null)[])[]>;
}
