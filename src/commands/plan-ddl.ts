/** `tidemark plan --ddl`: statements for a warehouse that fit the files of a task. */
import type { Config } from '../config/config.ts';
import { ddlFor } from '../describe/ddl.ts';
import type { TableDdl } from '../describe/ddl/common.ts';
import { keyLayout } from '../describe/key-layout.ts';
import type { Warehouse } from '../describe/warehouses.ts';
import type { Spec } from '../domain/spec.ts';
import type { Plan } from '../domain/plan.ts';
import { extensionOf } from '../plan/formats.ts';
import { entryOf } from './endpoints.ts';

/** @param plan of the spec; its run stands for those to come. */
export function planDdl(warehouse: Warehouse, plan: Plan, spec: Spec, config: Config): TableDdl[] {
  const { bucket, region, prefix } = entryOf(config.sinks, plan.sink, 'sink');
  return ddlFor(warehouse, {
    task: plan.task,
    output: plan.output,
    manifestKey: plan.manifestKey,
    url: (key) => `s3://${bucket}/${key}`,
    region,
    tables: plan.exports.map(({ name, columns, keyPattern }) => ({
      name,
      columns,
      key: keyPattern,
      layout: keyLayout({
        prefix,
        template: spec.keyTemplate,
        task: plan.task,
        table: name,
        extension: extensionOf(plan.output),
        tables: plan.exports.length,
        // A custom query is one object, whatever its size.
        mayBatch: spec.customQuery === null,
      }),
    })),
  });
}

export function ddlText(ddl: readonly TableDdl[]): string {
  return `${ddl.map(({ create, load }) => `${create}\n\n${load}`).join('\n\n\n')}\n`;
}
