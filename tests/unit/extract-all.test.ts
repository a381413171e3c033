/** All tables of a plan through one crew: each is told once, with what is its own. */
import type { ExportPlan, Plan } from '../../src/domain/plan.ts';
import { extractAll, type TableResult } from '../../src/extract-all.ts';
import type { BatchJob, BatchResult, Crew } from '../../src/lane-ports.ts';

const NEVER = new AbortController().signal;

function exportOf(name: string, ranges: number): ExportPlan {
  const sql = `SELECT * FROM ${name}`;
  const range = { column: 'id', from: null, to: null };
  const cut = Array.from({ length: ranges }, () => ({ sql, rows: 1, range }));
  return { name, sql, ...(ranges === 0 ? {} : { ranges: cut }) } as unknown as ExportPlan;
}

function planOf(exports: readonly ExportPlan[]): Plan {
  return { task: 't', runId: 'r', windows: [], onEmpty: 'skip', output: { format: 'csv' }, exports } as never;
}

/** One row for each job, as its number tells them apart. */
function resultOf({ export: { name }, numbers }: BatchJob): BatchResult {
  const counts = { zeroDates: {}, invalidTexts: {}, brokenJson: {} };
  return { objects: [], rows: 10 ** numbers.first, rowsRead: 0, bytes: name.length, notes: [], ...counts };
}

/** @param forgets the jobs whose end nobody hears of. */
function crewThat(forgets: (job: BatchJob) => boolean = () => false): Crew {
  return {
    export: (...[jobs, , , onResult]: Parameters<Crew['export']>) => {
      const results = jobs.map((job) => {
        const result = resultOf(job);
        if (!forgets(job)) onResult?.(job, result);
        return result;
      });
      return Promise.resolve(results);
    },
  } as unknown as Crew;
}

async function told(exports: readonly ExportPlan[], crew: Crew): Promise<TableResult[]> {
  const tables: TableResult[] = [];
  const nothing = (): void => {};
  const observer = { progress: nothing, planned: nothing } as never;
  await extractAll(planOf(exports), crew, observer, {} as never, (table) => tables.push(table), NEVER);
  return tables;
}

it('knows the ranges of a table from a table whose name looks like one', async () => {
  const exports = [
    exportOf('orders', 3),
    exportOf('orders#0', 0),
    exportOf('0#orders', 2),
    exportOf('o"', 1),
  ];
  const tables = await told(exports, crewThat());
  expect(tables.map(({ name, rows, bytes }) => [name, rows, bytes])).toEqual([
    ['orders', 111, 18],
    ['orders#0', 1, 8],
    ['0#orders', 11, 16],
    ['o"', 1, 2],
  ]);
});

it('fails where nothing is known of a table at the end', async () => {
  const crew = crewThat(({ export: { name } }) => name === 'b');
  await expect(told([exportOf('a', 0), exportOf('b', 2)], crew)).rejects.toMatchObject({
    code: 'INTERNAL',
    message: 'Nothing came of b.',
  });
});

it('waits from the first job that waits to the last, and no longer for one whose lane is lost', async () => {
  const waits: (string | null)[] = [];
  const crew = {
    export: (...[jobs, events, , onResult]: Parameters<Crew['export']>) => {
      const [a, b, c] = jobs.map((job) => events(job));
      a!.waits('busy');
      b!.waits('busy too');
      a!.waits(null);
      c!.waits('busy still');
      b!.waits(null);
      expect(waits).toEqual(['busy']);
      // Done again, in another lane.
      events(jobs[2]!);
      expect(waits).toEqual(['busy', null]);
      a!.waits('busy again');
      for (const job of jobs) onResult?.(job, resultOf(job));
      return Promise.resolve(jobs.map(resultOf));
    },
  } as unknown as Crew;
  const nothing = (): void => {};
  const observer = {
    progress: nothing,
    planned: nothing,
    waits: (reason: string | null) => void waits.push(reason),
  };
  await extractAll(planOf([exportOf('a', 3)]), crew, observer, {} as never, nothing, NEVER);
  expect(waits).toEqual(['busy', null, 'busy again', null]);
});
