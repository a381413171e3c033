/** Dates and times of every type: fractions, zones, and days that no calendar has: each cell is held against what the server itself says. */
import { cells, typeTables, type TypeTables } from '../support/type-tables.ts';

let types: TypeTables;
beforeAll(async () => {
  types = await typeTables();
});
afterAll(() => types.close());

describe('dates and times', () => {
  it('with 0, 3 and 6 digits of fractions', async () => {
    const csv = await types.expectAsSaid({
      d: ['DATE', "'1000-01-01'", "'9999-12-31'", "'2024-02-29'"],
      dt: ['DATETIME', "'1000-01-01 00:00:00'", "'9999-12-31 23:59:59'"],
      dt3: ['DATETIME(3)', "'2024-02-29 12:34:56.789'", "'2024-02-29 12:34:56'"],
      dt6: ['DATETIME(6)', "'9999-12-31 23:59:59.999999'", "'1000-01-01 00:00:00.000001'"],
      ts: ['TIMESTAMP NULL', "'1970-01-01 00:00:01'", "'2038-01-19 03:14:07'"],
      ts3: ['TIMESTAMP(3) NULL', "'2024-02-29 12:34:56.789'"],
      ts6: ['TIMESTAMP(6) NULL', "'2038-01-19 03:14:07.999999'"],
      t: ['TIME', "'838:59:59'", "'-838:59:59'", "'00:00:00'"],
      t3: ['TIME(3)', "'-838:59:58.999'", "'-00:00:00.001'"],
      t6: ['TIME(6)', "'838:59:58.999999'", "'-00:00:00.000001'"],
    });
    expect(cells(csv, 'dt6')[0]).toBe('9999-12-31 23:59:59.999999');
    expect(cells(csv, 't')[1]).toBe('-838:59:59');
  });

  it('TIMESTAMP in the output zone, over its changes of clock', async () => {
    const instants = [
      "'2024-03-31 00:59:59.500'", "'2024-03-31 01:00:00.000'", "'2024-10-27 00:59:59.999'",
      "'2024-10-27 01:00:00.000'", "'2024-12-31 23:30:00.000'", "'1970-01-01 00:00:01.000'",
    ]; // prettier-ignore
    const table = await types.make({
      ts: ['TIMESTAMP(3) NULL', ...instants],
      dt: ['DATETIME(3)', ...instants],
    });
    const csv = await types.exported(table, { output_timezone: 'Europe/Berlin' });
    expect(cells(csv, 'ts')).toEqual([
      '2024-03-31 01:59:59.500',
      '2024-03-31 03:00:00.000',
      '2024-10-27 02:59:59.999',
      '2024-10-27 02:00:00.000',
      '2025-01-01 00:30:00.000',
      '1970-01-01 01:00:01.000',
    ]);
    expect(cells(csv, 'dt')).toEqual(await types.said(table, 'CAST(dt AS CHAR)'));
    const half = await types.exported(table, { output_timezone: 'Asia/Kolkata' });
    expect(cells(half, 'ts')[0]).toBe('2024-03-31 06:29:59.500');
  });

  describe('zero and partial dates', () => {
    const columns = {
      d: ['DATE', "'0000-00-00'", "'2024-00-10'", "'2024-02-00'", "'2024-02-01'"],
      dt: ['DATETIME', "'0000-00-00 00:00:00'", "'2024-01-00 10:20:30'", "'2024-01-01 10:20:30'"],
      ts: ['TIMESTAMP(3) NULL', "'0000-00-00 00:00:00'", "'2024-01-01 10:20:30.125'"],
    } as const;

    it('become NULL, with a warning that counts them', async () => {
      const table = await types.make(columns);
      const { report, manifest, csv } = await types.here.export({ table: { name: table } });
      expect(cells(csv(table), 'd')).toEqual([null, null, null, '2024-02-01']);
      expect(cells(csv(table), 'dt')).toEqual([null, null, '2024-01-01 10:20:30', null]);
      expect(cells(csv(table), 'ts')).toEqual([null, '2024-01-01 10:20:30.125', null, null]);
      expect(report.warnings).toEqual([
        `${table}.d: 3 zero or partial dates written as NULL.`,
        `${table}.dt: 2 zero or partial dates written as NULL.`,
        `${table}.ts: 1 zero or partial dates written as NULL.`,
      ]);
      expect(manifest.warnings).toEqual(report.warnings);
    });

    it('are written as they are', async () => {
      const csv = await types.expectAsSaid(columns, undefined, { zero_dates: 'string' });
      expect(cells(csv, 'd')).toEqual(['0000-00-00', '2024-00-10', '2024-02-00', '2024-02-01']);
      const table = await types.make(columns);
      const moved = { table: { name: table }, zero_dates: 'string', output_timezone: 'Asia/Kolkata' };
      expect(cells((await types.here.export(moved)).csv(table), 'ts').slice(0, 2)).toEqual([
        '0000-00-00 00:00:00.000',
        '2024-01-01 15:50:30.125',
      ]);
    });

    it('end the run', async () => {
      const table = await types.make(columns);
      const { report } = await types.here.run({ table: { name: table }, zero_dates: 'fail' });
      expect(report.error).toMatchObject({
        code: 'ZERO_DATE',
        message: expect.stringContaining('0000-00-00'),
      });
    });
  });
});
