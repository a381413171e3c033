/** Reads SQL as each warehouse's own dialect has it, by parsers that are not of this project. */
import { init, parse, type DialectName } from '@guanmingchiu/sqlparser-ts';
import { parse as parseBigQuery } from 'sql-parser-cst';
import type { Warehouse } from '../../../src/describe/warehouses.ts';

/** Athena's DDL is that of Hive. */
const DIALECTS: Readonly<Record<Exclude<Warehouse, 'bigquery'>, DialectName>> = {
  athena: 'hive',
  redshift: 'redshift',
  snowflake: 'snowflake',
  duckdb: 'duckdb',
};

/** Throws at what is no statement of the dialect. Returns how many there are. */
export async function parseSql(warehouse: Warehouse, sql: string): Promise<number> {
  if (warehouse === 'bigquery')
    return parseBigQuery(sql, { dialect: 'bigquery' }).statements.filter(({ type }) => type !== 'empty')
      .length;
  await init();
  return parse(sql, DIALECTS[warehouse]).length;
}
