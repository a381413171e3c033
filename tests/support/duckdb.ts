/** Objects as DuckDB reads them: an engine that has nothing in common with what wrote them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';

export interface DuckDb {
  /**
   * Runs a query over an object. `{file}` in it stands for the object's path, whose extension says its compression.
   *
   * @returns rows of texts: every column has to be cast to VARCHAR.
   */
  read(object: Buffer, key: string, sql: string): Promise<(string | null)[][]>;
  close(): void;
}

export async function openDuckDb(): Promise<DuckDb> {
  const folder = mkdtempSync(path.join(tmpdir(), 'tidemark-duckdb-'));
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  let files = 0;
  return {
    async read(object, key, sql) {
      const file = path.join(folder, `${files++}-${path.basename(key)}`);
      writeFileSync(file, object);
      const result = await connection.runAndReadAll(sql.replaceAll('{file}', file));
      rmSync(file);
      return result.getRows().map((row) => row.map((cell) => (cell === null ? null : String(cell))));
    },
    close() {
      connection.closeSync();
      instance.closeSync();
      rmSync(folder, { recursive: true });
    },
  };
}
