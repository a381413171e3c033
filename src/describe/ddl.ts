/** The statements that make a warehouse's tables and load the files of a task into them. Pure. */
import { athenaDdl } from './ddl/athena.ts';
import { bigqueryDdl } from './ddl/bigquery.ts';
import type { DdlRequest, TableDdl } from './ddl/common.ts';
import { duckdbDdl } from './ddl/duckdb.ts';
import { redshiftDdl } from './ddl/redshift.ts';
import { snowflakeDdl } from './ddl/snowflake.ts';
import type { Warehouse } from './warehouses.ts';

/** One pair of statements for each table. */
export function ddlFor(warehouse: Warehouse, request: DdlRequest): TableDdl[] {
  switch (warehouse) {
    case 'athena':
      return athenaDdl(request);
    case 'redshift':
      return redshiftDdl(request);
    case 'bigquery':
      return bigqueryDdl(request);
    case 'snowflake':
      return snowflakeDdl(request);
    case 'duckdb':
      return duckdbDdl(request);
  }
}
