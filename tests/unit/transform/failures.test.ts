/** What a module can do wrong: each ends the run with one clear error, and never the process. */
import type { OutputColumn } from '../../../src/domain/plan.ts';
import { INT, TEXT, mapThrough, moduleFolder, people } from './modules.ts';
import type { ModuleFolder, Options } from './modules.ts';

let modules: ModuleFolder;
beforeAll(() => (modules = moduleFolder()));
afterAll(() => modules.remove());

let count = 0;

/** Code, and message without the name of the module, of what a source makes a run fail with. */
async function failure(
  source: string,
  options: Options = {},
  rows: Iterable<[string, string]> = people(3),
  ending = 'js',
) {
  const name = `m${count++}.${ending}`;
  modules.write(name, source);
  try {
    await mapThrough(modules, name, rows, options);
  } catch (error) {
    const { code, message, retryable } = error as { code: string; message: string; retryable: boolean };
    return { code, retryable, message: message.replaceAll(name, 'm') };
  }
  throw new Error('expected a failure');
}

const row = (body: string): string => `export function transformRow(row, ctx) {\n  ${body}\n}\n`;

describe('an error of the module', () => {
  it('names the key of the row, the place in the module, and what was thrown', async () => {
    expect(await failure(row('if (row.id === 2) row.name.toUpper();\n  return row;'))).toEqual({
      code: 'TRANSFORM_FAILED',
      retryable: false,
      message: 'm:2:30 failed on the row id=2 (row 2): TypeError: row.name.toUpper is not a function',
    });
  });

  it('shows the place in TypeScript as it was written', async () => {
    const source = `type Row = { id: number };\n\nexport const transformRow = (row: Row): Row => {\n  throw new RangeError('no');\n};\n`;
    expect((await failure(source, {}, people(1), 'ts')).message).toBe(
      'm:4:9 failed on the row id=1 (row 1): RangeError: no',
    );
  });

  it('shows the innermost place that is inside the module', async () => {
    const source = `const deep = (text) => JSON.parse(text);\nexport function transformRow() {\n  return deep('{');\n}\n`;
    expect((await failure(source)).message).toMatch(
      /^m:1:29 failed on the row id=1 \(row 1\): SyntaxError: .*JSON/,
    );
  });

  it('numbers the row where no key is known, or where it is not among the columns', async () => {
    const source = row('if (row.id === 3) throw new Error("x"); return row;');
    expect((await failure(source, { key: [] })).message).toContain('failed on row 3: Error: x');
    expect((await failure(source, { key: ['uuid'] })).message).toContain('failed on row 3: Error: x');
    const both = await failure(source, { key: ['id', 'name'] });
    expect(both.message).toContain('failed on the row id=3, name=name 3 (row 3): Error: x');
  });

  it('may be no Error at all', async () => {
    expect((await failure(row('throw "text";'))).message).toBe(
      "m failed on the row id=1 (row 1): it threw 'text', which is no Error",
    );
    expect((await failure(row('throw undefined;'))).message).toContain(
      'it threw undefined, which is no Error',
    );
    expect((await failure(row('return Promise.reject(null);'))).message).toContain('it threw null');
  });

  it('may come late', async () => {
    const source = row('await null;\n  throw new Error("late");').replace('function', 'async function');
    expect((await failure(source)).message).toBe('m:3:9 failed on the row id=1 (row 1): Error: late');
  });

  it('can say that it is worth trying again', async () => {
    const source = row('throw Object.assign(new Error("busy"), { retryable: true });');
    expect(await failure(source)).toMatchObject({ code: 'TRANSFORM_FAILED', retryable: true });
  });

  it('of a batch names its first and its last row', async () => {
    const source = 'export const transformBatch = (rows) => {\n  throw new Error("all");\n};';
    expect((await failure(source)).message).toBe(
      'm:2:9 failed on the batch from the row id=1 (row 1) to the row id=3 (row 3): Error: all',
    );
  });

  it('outside of a call ends the run as well', async () => {
    const timer = row('setTimeout(() => { throw new Error("alone"); }, 1); return new Promise(() => {});');
    expect(await failure(timer)).toMatchObject({
      code: 'TRANSFORM_FAILED',
      message: 'm:2:28 failed outside of its functions, last on the row id=1 (row 1): Error: alone.',
    });
    const rejection = row('Promise.reject(new Error("unheard")); return new Promise(() => {});');
    expect((await failure(rejection)).message).toBe(
      'm:2:18 failed outside of its functions, last on the row id=1 (row 1): Error: unheard.',
    );
    const nothing = row('setTimeout(() => { throw 7; }, 1); return new Promise(() => {});');
    expect((await failure(nothing)).message).toBe(
      'm failed outside of its functions, last on the row id=1 (row 1): it threw 7, which is no Error.',
    );
  });

  it('is also that it ends its process, which is only its thread', async () => {
    expect(await failure(row('if (row.id === 2) process.exit(3); return row;'))).toEqual({
      code: 'TRANSFORM_FAILED',
      retryable: false,
      message:
        'm failed outside of its functions, last on the row id=2 (row 2): it ended its thread with process.exit(3).',
    });
  });
});

it('leaves the port of the thread to modules and the packages they import', async () => {
  const source =
    'import { parentPort, workerData } from "node:worker_threads";\n' +
    row(
      'parentPort.postMessage(null); parentPort.close(); return { ...row, name: String(workerData.port) };',
    );
  const name = 'port.js';
  modules.write(name, source);
  const { rows } = await mapThrough(modules, name, people(2));
  expect(rows).toEqual([['1', 'undefined'], ['2', 'undefined']]); // prettier-ignore
});

it('names the row also where a module has broken what the thread is made of', async () => {
  const source = row('if (row.id === 2) String.prototype.slice = Buffer.prototype.set = () => { throw new Error("no"); };\n  return row;'); // prettier-ignore
  expect((await failure(source)).message).toMatch(
    /^m:2:\d+ failed( outside of its functions)?, last on the row id=2 \(row 2\): Error: no\.?$/,
  );
});

describe('the limits', () => {
  it('end a module that never returns', async () => {
    const endless = row('if (row.id === 2) while (true);\n  return row;');
    expect(await failure(endless, { timeoutMs: 2500 })).toEqual({
      code: 'TRANSFORM_TIMEOUT',
      retryable: true,
      message: 'm was at work on one batch for more than 2.5 s, last on the row id=2 (row 2), and was ended.',
    });
  });

  it('end a module that waits for what never comes', async () => {
    const waiting = row('return row.id === 3 ? new Promise(() => {}) : row;');
    const { code, message } = await failure(waiting, { timeoutMs: 2500 });
    expect(code).toBe('TRANSFORM_TIMEOUT');
    expect(message).toContain(', last on the row id=3 (row 3), ');
  });

  it('name the batch of what maps batches, and the number of a row that is too large to be kept', async () => {
    const batch = 'export const transformBatch = (rows) => { while (rows.length < 1000); return rows; };';
    expect((await failure(batch, { timeoutMs: 2500 }, people(1003))).message).toContain(
      ', last on the batch from the row id=1001 (row 1001) to the row id=1003 (row 1003), ',
    );
    const large = row('for (; row.name.length > 9;); return row;');
    const rows: [string, string][] = [['1', 'small'], ['2', 'x'.repeat(2 ** 21)]]; // prettier-ignore
    expect((await failure(large, { timeoutMs: 2500 }, rows)).message).toContain(', last on row 2, ');
  });

  it('end a module that takes too much memory', async () => {
    const kept = 'const kept = [];\n' + row('for (;;) kept.push({ ...row, more: [kept.length] });');
    expect(await failure(kept, { memoryMb: 48 })).toEqual({
      code: 'TRANSFORM_MEMORY',
      retryable: false,
      message: 'm took more than 48 MB, last on the row id=1 (row 1), and was ended.',
    });
  });

  it('end a module that keeps bytes outside of its heap', async () => {
    const kept = 'const kept = [];\n' + row('kept.push(Buffer.alloc(60_000, 1)); return row;');
    const { code, message } = await failure(kept, { memoryMb: 48 }, people(2000));
    expect(code).toBe('TRANSFORM_MEMORY');
    expect(message).toMatch(/^m holds \d\d MB after the row id=1000 \(row 1000\), and may hold 48\.$/);
  });
});

describe('a row that is not as declared', () => {
  const ROW = 'm, for the row id=1 (row 1), ';
  const message = async (returned: string, output?: readonly OutputColumn[]): Promise<string> => {
    const found = await failure(row(`return ${returned};`), output === undefined ? {} : { output });
    expect(found.code).toBe('TRANSFORM_FAILED');
    expect(found.message.startsWith(ROW)).toBe(true);
    return found.message.slice(ROW.length);
  };

  it('has a column too few', async () => {
    expect(await message('{ id: row.id }')).toBe(
      'returned no name. Each declared column needs a value or null.',
    );
    expect(await message('{ id: row.id, nmae: row.name }')).toBe(
      'returned no name, but nmae. Each declared column needs a value or null.',
    );
    expect(await message('{ id: row.id, name: undefined }')).toBe(
      'returned undefined for name. Allowed: a value or null.',
    );
  });

  it('has a column too many', async () => {
    expect(await message('{ ...row, extra: 1 }')).toBe(
      'returned the column extra, which is not declared. Declared: id, name.',
    );
  });

  it('has a value that does not fit its column', async () => {
    expect(await message('{ ...row, id: "a" }')).toBe(
      `returned 'a' for id (int). Allowed: a whole number: a number up to 2^53, a bigint, or a text of digits, such as 12, 12n or "12".`,
    );
    expect(await message('{ ...row, id: null }')).toBe(
      'returned null for id, which is declared as not nullable.',
    );
    expect(await message('{ ...row, name: 5 }')).toBe(
      'returned 5 for name (varchar(40)). Allowed: a text, such as String(value).',
    );
  });

  it('is none', async () => {
    expect(await message('5')).toBe('returned 5 as a row. Allowed: an object such as {id: …}.');
    expect(await message('[row, null]')).toBe('returned null as a row. Allowed: an object such as {id: …}.');
    expect(await message('[[row]]')).toMatch(/^returned \[ \[Object\] \] as a row\./);
  });

  it('of a batch is named by its place in what was returned', async () => {
    const source = 'export const transformBatch = (rows) => [rows[0], { id: 1 }];';
    expect((await failure(source)).message).toBe(
      'm, for the batch from the row id=1 (row 1) to the row id=3 (row 3), at [1] of what it returned, returned no name. Each declared column needs a value or null.',
    );
    expect((await failure('export const transformBatch = (rows) => rows[0];')).message).toBe(
      "m, for the batch from the row id=1 (row 1) to the row id=3 (row 3), returned { id: 1, name: 'name 1' }. Allowed: an array of rows, or null for none.",
    );
  });
});

it('passes on what the taker of the rows fails with', async () => {
  modules.write('same.js', 'export const transformRow = (row) => row;');
  const target = {
    onRow() {
      throw new Error('zero date');
    },
  };
  await expect(mapThrough(modules, 'same.js', people(3), { target })).rejects.toThrow('zero date');
});

it('lets a run be aborted while a module is at work', async () => {
  modules.write('wait.js', 'export const transformRow = () => new Promise(() => {});');
  const { transforms } = modules;
  const plan = { module: 'wait.js', input: [INT, TEXT], key: [], timeoutMs: 60_000, memoryMb: 64 };
  const context = {
    task: 't',
    table: 's',
    runId: 'r',
    scheduledFor: '2026-03-01T00:00:00.000Z',
    windows: [],
  };
  const target = { onRow: () => {}, isFull: () => false, drained: () => {}, failed: () => {} };
  const transformer = transforms.open(plan, [INT, TEXT], context, target, () => {});
  transformer.takeRow(Buffer.from('\x011\x01a'), 0, 4);
  const abort = new AbortController();
  const finished = transformer.finish(abort.signal);
  abort.abort(new Error('interrupted'));
  await expect(finished).rejects.toThrow('interrupted');
  await transformer.close();
});
