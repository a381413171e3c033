/** A table with a column of every kind, and what statements about it are asked with. */
import type { DdlRequest } from '../../../src/describe/ddl/common.ts';
import { keyLayout } from '../../../src/describe/key-layout.ts';
import type { OutputOptions } from '../../../src/domain/spec.ts';
import type { OutputColumn } from '../../../src/domain/plan.ts';
import { extensionOf } from '../../../src/plan/formats.ts';
import { outputColumn } from '../../../src/plan/columns.ts';
import { column, specOf } from '../plan/sample.ts';

export const COLUMNS: readonly OutputColumn[] = [
  column('id', 'bigint(20) unsigned', { nullable: false }),
  column('tiny', 'tinyint(3) unsigned'),
  column('small', 'smallint(6)'),
  column('medium', 'mediumint(8) unsigned'),
  column('amount', 'int(10) unsigned'),
  column('salary', 'decimal(10,2)'),
  column('wide', 'decimal(38,10)'),
  column('huge', 'decimal(65,30)'),
  column('ratio', 'float'),
  column('score', 'double'),
  column('born', 'date', { nullable: false }),
  column('stored', 'datetime(6)'),
  column('moment', 'timestamp', { nullable: false }),
  column('duration', 'time(3)'),
  column('since', 'year(4)'),
  column('name', 'varchar(40)', { nullable: false, charset: 'latin1' }),
  column('note', 'longtext', { charset: 'utf8mb4' }),
  column('order', "enum('a','it''s')", { charset: 'utf8mb4' }),
  column('flags', "set('x','yy')", { charset: 'utf8mb4' }),
  column('doc', 'json'),
  column('bits', 'bit(64)'),
  column('bytes', 'varbinary(20)'),
  column('shape', 'polygon'),
  column('Größe "x"', 'int(11)'),
].map((one) => outputColumn({ charset: null, ...one }));

export function outputOf(document: Readonly<Record<string, unknown>> = {}): OutputOptions {
  return specOf(document).output;
}

export interface Asked {
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly columns?: readonly OutputColumn[];
  readonly tables?: readonly string[];
  readonly region?: string | null;
}

/** A question about the tables of a task `hr`, in the bucket `exports`. */
export function requestOf({
  spec = {},
  columns = COLUMNS,
  tables = ['staff'],
  region = 'eu-west-1',
}: Asked = {}): DdlRequest {
  const output = outputOf(spec);
  const template = (spec['key_template'] ?? null) as string | null;
  const extension = extensionOf(output);
  return {
    task: 'hr',
    output,
    region,
    manifestKey: 'p/hr/_manifest_20260701020304.json',
    url: (key) => `s3://exports/${key}`,
    tables: tables.map((name) => ({
      name,
      columns,
      key: (template ?? '{task}/{table}_{stamp}.{ext}')
        .replace(/^/, 'p/')
        .replace('{task}', 'hr')
        .replace('{table}', name)
        .replace('{stamp}', '20260701020304')
        .replace('{date}', '2026-07-01')
        .replace('{ext}', extension),
      layout: keyLayout({
        prefix: 'p/',
        template,
        task: 'hr',
        table: name,
        extension,
        tables: tables.length,
        mayBatch: true,
      }),
    })),
  };
}
