/** Bytes, shapes, and rows larger than a packet of the protocol: each cell is held against what the server itself says. */
import { crc32 } from 'node:zlib';
import { cells, typeTables, type TypeTables } from '../support/type-tables.ts';

let types: TypeTables;
beforeAll(async () => {
  types = await typeTables();
});
afterAll(() => types.close());

describe('bytes', () => {
  const columns = {
    b: ['BINARY(6)', "x'00FF0A'", "'a'", "''"],
    vb: ['VARBINARY(20)', "x'0102FF00'", "''", "x'00'"],
    tb: ['TINYBLOB', "x'FFFE'"],
    bl: ['BLOB', "x'22270A2C'", "REPEAT(x'00FF', 1000)"],
    lb: ['LONGBLOB', "REPEAT(x'C3', 100000)", "''"],
    bc: ['VARCHAR(20) CHARACTER SET binary', "x'E4'"],
  } as const;

  it('as base64', async () => {
    const table = await types.make(columns);
    const csv = await types.exported(table);
    for (const column of Object.keys(columns)) {
      const hex = await types.said(table, `HEX(${column})`);
      expect(cells(csv, column)).toEqual(
        hex.map((value) => (value === null ? null : Buffer.from(value, 'hex').toString('base64'))),
      );
    }
    expect(cells(csv, 'b')[1]).toBe(Buffer.from('a\0\0\0\0\0').toString('base64'));
  });

  it('as hex', async () => {
    const csv = await types.expectAsSaid(columns, (column) => `LOWER(HEX(${column}))`, { binary: 'hex' });
    expect(cells(csv, 'b')[0]).toBe('00ff0a000000');
  });

  it('GEOMETRY as WKT', async () => {
    const wkt = (text: string): string =>
      `GeomFromText('${text}')`.replace(/^/, types.server.version[0] === 5 ? '' : 'ST_');
    const csv = await types.expectAsSaid(
      {
        g: ['GEOMETRY', wkt('POINT(1 2)'), wkt('GEOMETRYCOLLECTION(POINT(1 2),LINESTRING(0 0,1 1))')],
        p: ['POINT', wkt('POINT(1.25 -2.5)')],
        l: ['LINESTRING', wkt('LINESTRING(0 0,1 1,2 0)')],
        y: ['POLYGON', wkt('POLYGON((0 0,0 3,3 3,0 0))')],
        mp: ['MULTIPOINT', wkt('MULTIPOINT(0 0,1 1)')],
        c: ['GEOMETRYCOLLECTION', wkt('GEOMETRYCOLLECTION(POINT(0 0))')],
      },
      (column) => `${types.server.version[0] === 5 ? '' : 'ST_'}AsText(${column})`,
    );
    expect(cells(csv, 'p')[0]).toMatch(/^POINT ?\(1.25 -2.5\)$/);
  });
});

describe('rows beyond 16 MB', () => {
  const longest = 0xffffff; // of one packet; a longer row comes in several

  it.each([
    ['20 MB', 20_000_000],
    ['one byte less than a packet', longest - 4 - 1],
    ['exactly one packet, and an empty one behind it', longest - 4],
    ['one byte more than a packet', longest - 4 + 1],
    ['exactly two packets', 2 * longest - 9],
  ])('%s', async (_, length) => {
    const table = await types.make({ t: ['LONGTEXT', "'before'", 'NULL', "'behind'"] });
    // Grown inside the server, so that no statement is larger than its max_allowed_packet.
    await types.sql(
      `UPDATE ${table} SET t = RIGHT(REPEAT('0123456789abcdef,"', ${Math.ceil(length / 18)}), ${length}) WHERE id = 1`,
    );
    const { csv, objects } = await types.here.export({
      table: { name: table, columns: ['t'], split_order: 'id' },
    });
    const found = csv(table).rows;
    expect(found.length).toBe(3);
    expect([found[0]![0], found[2]![0]]).toEqual(['before', 'behind']);
    expect(found[1]![0]!.length).toBe(length);
    const [row] = await types.sql(`SELECT CRC32(t) AS crc FROM ${table} WHERE id = 1`);
    expect(crc32(found[1]![0]!)).toBe(Number(row!['crc']));
    expect(objects).toHaveLength(1);
  });
});
