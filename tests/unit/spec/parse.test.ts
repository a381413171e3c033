import { readFileSync, readdirSync } from 'node:fs';
import { FaultsError } from '../../../src/errors.ts';
import { parseSpec } from '../../../src/spec/parse.ts';
import { faultsOf, messages, parse, spec, specText } from './documents.ts';

describe('parseSpec', () => {
  it('reads the sample spec', () => {
    const parsed = parse(readFileSync('specs/employees.json', 'utf8'));
    expect(parsed).toEqual({
      file: 'specs/a.json',
      taskName: 'employees',
      schedule: null,
      timezone: null,
      tables: [
        {
          name: 'employees',
          columns: expect.arrayContaining(['employee_id', 'department_id']),
          filters: [{ column: 'manager_id', condition: '!=', value: { kind: 'number', text: '103' } }],
          cdc: [
            {
              column: 'hire_date',
              bound: { kind: 'literal', value: { kind: 'string', text: '1995-05-05' } },
            },
          ],
          splitOrder: ['employee_id'],
        },
      ],
      customQuery: null,
      owner: { name: 'A. Owner', email: 'owner@example.com' },
      source: 'mysql',
      sink: 's3',
      output: {
        format: 'csv',
        compression: { codec: 'none', level: null },
        csv: { delimiter: ',', quote: '"', null: '', header: true, lineEnding: '\n', quoteAll: false },
        zeroDates: 'null',
        binary: 'base64',
        outputTimezone: 'UTC',
      },
      onEmpty: 'header',
      keyTemplate: null,
      batchThresholdMb: null,
      parallelism: null,
      consistency: 'best',
      queryWatermark: null,
      retries: { count: 2, firstDelayMs: 2000, maxDelayMs: 300_000 },
      expect: null,
      freshnessMs: null,
      maxLoad: null,
      rateLimitMbPerS: null,
      blackout: null,
      transformations: [],
      timeoutMs: null,
      catchUp: 'latest',
      rowTransform: null,
      onSchemaChange: 'warn',
    });
  });

  it.each(readdirSync('specs/examples'))('reads the example %s', (file) => {
    expect(parse(readFileSync(`specs/examples/${file}`, 'utf8')).taskName).toMatch(/^[a-z-]+$/);
  });

  it('takes null for every optional field, which means its default', () => {
    const empty = {
      $schema: null,
      schedule: null,
      timezone: null,
      table: { name: 'employees', columns: null, filters: null, cdc: null, split_order: null },
      query: { custom: null, watermark: null },
      retries: null,
      timeout: null,
      catch_up: null,
      column_transformation: null,
      owner: { name: null, email: 'owner@example.com' },
      output_file_format: null,
      compression: null,
      output_timezone: null,
      batch_threshold_mb: null,
      parallelism: null,
      consistency: null,
      on_empty: null,
      key_template: null,
      csv: { delimiter: null, quote: null, null: null, header: null, line_ending: null, quote_all: null },
      zero_dates: null,
      binary: null,
    };
    expect(spec(empty)).toEqual(spec());
  });

  it('reads a list of tables, several cdc columns and a split order of several columns', () => {
    const { tables } = spec({
      table: [
        { name: 'jobs', columns: '*', split_order: ['min_salary', 'job_id'] },
        { name: 'employees', columns: ['email'], cdc: { hire_date: '2 weeks', employee_id: 17 } },
      ],
    });
    expect(tables.map(({ name }) => name)).toEqual(['jobs', 'employees']);
    expect(tables[0]).toMatchObject({ columns: '*', splitOrder: ['min_salary', 'job_id'] });
    expect(tables[1]?.cdc).toEqual([
      {
        column: 'hire_date',
        bound: { kind: 'span', span: { text: '2 weeks', months: 0, milliseconds: 14 * 86_400_000 } },
      },
      { column: 'employee_id', bound: { kind: 'literal', value: { kind: 'number', text: '17' } } },
    ]);
  });

  it.each([[undefined], [null], [[]], [{}]])('takes a custom query in place of the table %j', (table) => {
    const custom = 'SELECT a.x, b.y FROM a JOIN b USING (id) WHERE a.t < :scheduled_for';
    expect(spec({ table, query: { custom } })).toMatchObject({ tables: [], customQuery: custom });
  });

  it('refuses a custom query beside a table, and neither', () => {
    expect(messages({ query: { custom: 'SELECT 1' } })).toEqual([
      expect.stringContaining('table: found a table beside query.custom'),
    ]);
    expect(messages({ table: undefined })).toEqual([expect.stringContaining('there is nothing to export')]);
    expect(messages({ table: [] })).toEqual([expect.stringContaining('table: found an empty list')]);
    expect(messages({ table: {} })).toEqual([expect.stringContaining('table.name: is missing')]);
  });

  it('refuses a custom query that is not one SELECT', () => {
    expect(messages({ table: null, query: { custom: 'DELETE FROM a' } })).toEqual([
      expect.stringContaining('query.custom: found a statement that begins with DELETE'),
    ]);
  });

  it('lists every fault at once, with line and column', () => {
    const text = `{
  "task_name": "../employees",
  "table": { "name": "employees", "columns": "id",
    "filters": { "manager_id": { "condition": "lke", "metric": 1 } } },
  "owner": { "email": "owner" },
  "source": "mysq",
  "snik": "s3"
}`;
    const error = (() => {
      try {
        return parse(text);
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toBeInstanceOf(FaultsError);
    const { code, faults } = error as FaultsError;
    expect(code).toBe('SPEC_INVALID');
    expect(faults.map(({ line, column, path }) => [line, column, path])).toEqual([
      [1, 1, 'sink'],
      [2, 16, 'task_name'],
      [3, 46, 'table.columns'],
      [4, 47, 'table.filters.manager_id.condition'],
      [5, 23, 'owner.email'],
      [6, 13, 'source'],
      [7, 3, 'snik'],
    ]);
    const said = faults.map(({ message }) => message);
    expect(said[2]).toBe('found "id". Allowed: a list of column names, or "*".');
    expect(said[3]).toMatch(/^found "lke"\. Did you mean "like"\? Allowed: =, !=/);
    expect(said[5]).toBe(
      'found "mysq", which the config does not have. Did you mean "mysql"? Allowed: mysql.',
    );
    expect(said[6]).toMatch(/^found the unknown key "snik"\. Did you mean "sink"\? Allowed: /);
  });

  it.each([
    [{ output_file_format: 'json' }, 'output_file_format: found "json". Did you mean "jsonl"? Allowed: '],
    [{ compression: 'gz' }, 'compression: found "gz". Allowed: "none", "gzip", "zstd" or "snappy", or'],
    [{ parallelism: 65 }, 'parallelism: found 65. Allowed: an integer from 1 to 64.'],
    [{ parallelism: 1.5 }, 'parallelism: found 1.5. Allowed: an integer from 1 to 64.'],
    [{ consistency: 'none' }, 'consistency: found "none". Allowed: "snapshot", "locked", "per_batch", null.'],
    [
      { column_transformation: { a: 1 } },
      'column_transformation.a: found 1. Allowed: an object of at least one operation',
    ],
    [{ retrys: 3 }, 'retrys: found the unknown key "retrys". Did you mean "retries"?'],
    [
      { on_schema_change: 'wrn' },
      'on_schema_change: found "wrn". Did you mean "warn"? Allowed: "warn", "fail", "ignore", null.',
    ],
    [
      { catch_up: 'last' },
      'catch_up: found "last". Did you mean "latest"? Allowed: "latest", "all", "none", null.',
    ],
    [{ batch_threshold_mb: 0 }, 'batch_threshold_mb: found 0. Allowed: a number greater than 0'],
    [{ on_empty: 'heder' }, 'on_empty: found "heder". Did you mean "header"?'],
    [{ zero_dates: 7 }, 'zero_dates: found 7. Allowed: "null", "string", "fail", null.'],
    [{ table: 'employees' }, 'table: found "employees". Allowed: a table such as'],
    [{ table: { name: 'a', columns: [] } }, 'table.columns: found an empty list. Allowed:'],
    [{ table: { name: 'a', columns: ['*'] } }, 'table.columns: found "*" in a list.'],
    [{ table: { name: 'a', columns: ['id', 'ID'] } }, 'table.columns[1]: found "ID" a second time.'],
    [{ table: { name: 'a', split_order: ['x', 'x'] } }, 'table.split_order[1]: found "x" a second time.'],
    [{ table: [{ name: 'a' }, { name: 'a' }] }, 'table[1].name: found "a", which table[0] exports already.'],
    [{ table: { name: 'a', cdc: { t: '12 hors' } } }, 'Did you mean "12 hours"?'],
    [{ sink: 's4' }, 'sink: found "s4", which the config does not have. Did you mean "s3"?'],
    [{ schedule: '61 * * * *' }, 'schedule: found "61 * * * *"; "61" does not fit the field minute (0-59).'],
    [{ timezone: 'Europe/Berln' }, 'timezone: found "Europe/Berln". Did you mean "Europe/Berlin"?'],
    [{ output_timezone: '+01:00' }, 'output_timezone: found "+01:00". Allowed: an IANA time zone'],
    [{ key_template: '../x' }, 'key_template: found ".." between two "/"'],
    [{ csv: { delimiter: '"' } }, 'csv.delimiter: found "\\"" as delimiter and as quote.'],
    [{ csv: { line_ending: '\r' } }, 'csv.line_ending: found "\\r". Allowed: "\\n", "\\r\\n", null.'],
  ])('refuses %j', (changes, expected) => {
    const found = messages(changes);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(expected);
  });

  it.each([
    'owner',
    'owner@',
    'owner@example.com, other@example.com',
    'owner@example.com\r\nBcc: x@example.com',
    'Owner <owner@example.com>',
    'owner@example.com\n',
    'a@b@c',
  ])('refuses the e-mail address %j', (email) => {
    expect(messages({ owner: { email } })).toEqual([
      expect.stringMatching(
        /^owner\.email: found ".*\. Allowed: one e-mail address such as owner@example\.com\.$/,
      ),
    ]);
  });

  it('takes a mail host without a dot', () => {
    expect(spec({ owner: { email: 'data.team+tidemark@localhost' } }).owner.email).toBe(
      'data.team+tidemark@localhost',
    );
  });

  it('takes any source and sink where the config is not known', () => {
    expect(parseSpec(specText({ source: 'x', sink: 'y' }), 'a.json')).toMatchObject({
      source: 'x',
      sink: 'y',
    });
  });

  it('accepts a byte order mark and counts columns behind it', () => {
    expect(parse(`\ufeff${specText()}`).taskName).toBe('employees');
    expect(faultsOf('\ufeff{"a":1,"a":2}')[0]).toMatchObject({ line: 1, column: 8 });
  });
});
