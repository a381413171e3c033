/** The warehouses that statements are printed for. Apart from them, as the command line needs no more than the names. */
export const WAREHOUSES = ['athena', 'redshift', 'bigquery', 'snowflake', 'duckdb'] as const;

export type Warehouse = (typeof WAREHOUSES)[number];
