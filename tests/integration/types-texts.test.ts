/** Texts of every charset, and all that has a meaning in CSV: each cell is held against what the server itself says. */
import { cells, typeTables, type TypeTables } from '../support/type-tables.ts';

let types: TypeTables;
beforeAll(async () => {
  types = await typeTables();
});
afterAll(() => types.close());

describe('texts', () => {
  it('as UTF-8, whatever the charset of the column', async () => {
    const table = await types.make({
      l1: ['VARCHAR(20) CHARACTER SET latin1', "x'80E4FC96'", "'plain'"],
      u3: ['VARCHAR(20) CHARACTER SET utf8', "'Größe ☃ 雨'"],
      u4: ['TEXT CHARACTER SET utf8mb4', "'🌊 дождь'"],
      u16: ['VARCHAR(20) CHARACTER SET utf16', "'🌊 é'"],
      sj: ['VARCHAR(20) CHARACTER SET sjis', "'表示ソ'"],
      gb: ['VARCHAR(20) CHARACTER SET gbk', "'縗誠中'"],
      e: ["ENUM('ä','ö','b,c') CHARACTER SET latin1", "'ö'", "'b,c'", "''"],
      st: ["SET('ä','ö','c') CHARACTER SET latin1", "'ä,c'", "''"],
      ch: ['CHAR(10) CHARACTER SET utf8mb4', "'é  '", "''"],
    });
    const csv = await types.exported(table);
    expect(csv.rows[0]!.slice(1)).toEqual([
      '€äü–',
      'Größe ☃ 雨',
      '🌊 дождь',
      '🌊 é',
      '表示ソ',
      '縗誠中',
      'ö',
      'ä,c',
      'é',
    ]);
    for (const column of csv.header)
      expect(cells(csv, column)).toEqual(await types.said(table, `CAST(${column} AS CHAR)`));
    expect(cells(csv, 'e')).toEqual(['ö', 'b,c', '']);
  });

  it('NULL beside an empty text, and all that has a meaning in CSV', async () => {
    const values = [
      'NULL',
      "''",
      "','",
      "'\"'",
      '\'""\'',
      "'a\\nb'",
      "'a\\r\\nb'",
      "'\\0'",
      "' '",
      "'\\\\N'",
      "'NULL'",
      "'\\t'",
    ];
    const table = await types.make({
      v: ['VARCHAR(50)', ...values],
      t: ['LONGTEXT', ...values, `CONCAT(REPEAT('x', 300), '"', REPEAT(',', 300))`, `REPEAT('é', 40000)`],
    });
    const plain = await types.exported(table);
    for (const column of ['v', 't']) expect(cells(plain, column)).toEqual(await types.said(table, column));
    const { objects } = await types.here.export({
      table: { name: table, columns: ['v'] },
      csv: { null: '\\N' },
    });
    expect(objects[0]!.toString()).toBe(
      'v\n\\N\n\n","\n""""\n""""""\n"a\nb"\n"a\r\nb"\n\0\n \n"\\N"\nNULL\n\t\n\\N\n\\N\n',
    );
  });

  it('JSON, as its text', async () => {
    const json = '{"a": [1, 2.50, null, "x\\\\"y"], "ü": {}}';
    const hasJson = types.server.flavor === 'mariadb' || types.server.version[0] > 5;
    const csv = await types.expectAsSaid({
      j: [hasJson ? 'JSON' : 'LONGTEXT', `'${json}'`, "'[]'", "'12345678901234567890'"],
    });
    expect(JSON.parse(cells(csv, 'j')[0]!)).toEqual({ a: [1, 2.5, null, 'x"y'], ü: {} });
  });
});
