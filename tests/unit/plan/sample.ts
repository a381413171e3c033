/** Specs, tables and a plan, for the tests of planning and of what follows it. */
import type { Spec, TableSpec } from '../../../src/domain/spec.ts';
import type { Plan } from '../../../src/domain/plan.ts';
import { buildPlan } from '../../../src/plan/build.ts';
import { draftTable } from '../../../src/plan/draft.ts';
import type { WindowContext } from '../../../src/plan/windows.ts';
import type { TableColumn, TableFacts } from '../../../src/ports.ts';
import { parseSpec } from '../../../src/spec/parse.ts';
import { attemptOf, NO_MEMORY, slotOf } from '../../support/runs.ts';

export const SCHEDULED_FOR = new Date('2026-07-01T02:03:04.000Z');
export const RUN = attemptOf(slotOf(SCHEDULED_FOR), { runId: '20260701020304-00c0ffee' });
/** Of a run that is the first of its task, on a server that was not asked for its horizon. */
export const CONTEXT: WindowContext = { run: RUN, memory: NO_MEMORY, horizon: null };
export const NO_ANSWERS = { clocks: new Map<bigint, string>(), maxima: new Map<string, string | null>() };
export const STAMP = '20260701020304';

/** A spec as its author writes it; what is not given is as short as it may be. */
export function specOf(document: Record<string, unknown> = {}): Spec {
  const whole = {
    task_name: 'staff',
    ...('query' in document ? {} : { table: { name: 'employees', columns: '*' } }),
    owner: { name: 'A. Owner', email: 'owner@example.com' },
    source: 'mysql',
    sink: 's3',
    ...document,
  };
  return parseSpec(JSON.stringify(whole), 'specs/staff.json');
}

/** The first table of a spec. */
export function tableOf(table: Record<string, unknown> = {}): TableSpec {
  return specOf({ table: { name: 'employees', columns: '*', ...table } }).tables[0]!;
}

export function column(name: string, columnType: string, more: Partial<TableColumn> = {}): TableColumn {
  return {
    name,
    columnType,
    dataType: /^\w+/.exec(columnType)![0],
    nullable: true,
    invisible: false,
    ...more,
  };
}

export const EMPLOYEES: TableFacts = {
  name: 'employees',
  columns: [
    column('employee_id', 'int(10) unsigned', { nullable: false }),
    column('Last_Name', 'varchar(40)'),
    column('salary', 'float'),
    column('hire_date', 'date'),
    column('changed', 'timestamp(3)'),
    column('secret', 'varchar(10)', { invisible: true }),
  ],
  primaryKey: ['employee_id'],
  rows: 1000,
  bytes: 100_000,
  transactional: true,
};

export const SERVER = {
  host: 'db.example.com',
  port: 3306,
  database: 'hr',
  version: '8.4.0',
  flavor: 'mysql',
} as const;

/** A plan of one table with an estimate of this many bytes. */
export function planOf(spec: Spec = specOf(), bytes: number | null = 50_000): Plan {
  const draft = draftTable(spec.tables[0]!, EMPLOYEES, CONTEXT, NO_ANSWERS);
  const sized = { draft, estimate: { rows: 1000, bytes, basis: 'a guess' }, warnings: [] };
  return buildPlan(spec, RUN, { batchThresholdMb: 1, prefix: 'p/' }, SERVER, [sized], null);
}
