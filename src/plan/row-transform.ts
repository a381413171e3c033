/** What a module that maps rows makes of an export: what it is given, and what is written. */
import type { DeclaredColumn, DeclaredColumns, RowTransform } from '../domain/spec.ts';
import type { OutputColumn, RowTransformPlan } from '../domain/plan.ts';
import { outputColumn } from './columns.ts';

/** The columns of an export that goes through no module, or through one. */
export interface MappedColumns {
  /** What is written. */
  readonly columns: readonly OutputColumn[];
  readonly rowTransform?: RowTransformPlan;
}

/**
 * @param table its name; of a custom query: the task's.
 * @param columns what the module would be given.
 * @param key names of those that tell a row from all others; empty where that is not known.
 * @param exported what the module itself declares; null: nothing.
 */
export function mappedColumns(
  transform: RowTransform | null,
  table: string,
  columns: readonly OutputColumn[],
  key: readonly string[],
  exported: DeclaredColumns | null,
): MappedColumns {
  if (transform === null || (transform.tables !== null && !transform.tables.includes(table)))
    return { columns };
  const { module, timeoutMs, memoryMb } = transform;
  const declared = columnsFor(transform.columns, table) ?? columnsFor(exported, table);
  return {
    columns: declared === null ? columns : declared.map(declaredAsOutput),
    rowTransform: { module, input: columns, key, timeoutMs, memoryMb },
  };
}

function columnsFor(declared: DeclaredColumns | null, table: string): readonly DeclaredColumn[] | null {
  if (declared === null) return null;
  if (!('byTable' in declared)) return declared;
  return Object.hasOwn(declared.byTable, table) ? declared.byTable[table]! : null;
}

function declaredAsOutput({ name, type, nullable }: DeclaredColumn): OutputColumn {
  const [dataType = type] = /^[a-z]+/.exec(type) ?? [];
  return outputColumn({ name, dataType, columnType: type, nullable, invisible: false });
}
