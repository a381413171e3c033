import { createHash } from 'node:crypto';
import type { CellMapping, RowMapping } from '../../../src/domain/plan.ts';
import { rowMapper } from '../../../src/extract/map-rows.ts';
import { readRow, writeRow } from '../../../src/extract/row-packet.ts';

type Field = NonNullable<CellMapping['field']>;

const field = (name: string, more: Partial<Field> = {}): Field => ({
  name,
  path: [name],
  type: { is: 'text' },
  trim: false,
  default: null,
  mask: null,
  ...more,
});

const mapping = (...cells: CellMapping[]): RowMapping => ({
  columns: ['id', 'd'].map((name) => ({ name, mysqlType: 'text', nullable: true, kind: 'text' })),
  cells,
});

/** What becomes of a row of an id and a document. */
function mapped(
  document: string | null,
  cells: CellMapping[],
  hmac?: (value: Uint8Array) => string,
): (string | null)[] {
  const row = writeRow([Buffer.from('7'), document === null ? null : Buffer.from(document)]);
  // Behind other bytes, as packets stand in the driver's buffer.
  const packet = Buffer.concat([Buffer.from('junk'), row, Buffer.from('next')]);
  const out = rowMapper(mapping(...cells), hmac)(packet, 4);
  return readRow(out, 0, cells.length).map((cell) => cell?.toString() ?? null);
}

const from = 1;
const a = (more: Partial<Field>): CellMapping[] => [{ from, field: field('a', more) }];

describe('rows', () => {
  it('have cells copied, and fields read out of documents, in any order', () => {
    const cells = [
      { from, field: field('b') },
      { from: 0, field: null },
      { from, field: field('a') },
      { from, field: null },
    ];
    const document = '{"a": "é", "b": [1,2]}';
    expect(mapped(document, cells)).toEqual(['[1, 2]', '7', 'é', document]);
    expect(mapped(null, cells)).toEqual([null, '7', null, null]);
    expect(mapped('no JSON', cells)).toEqual([null, '7', null, 'no JSON']);
  });

  it('of long documents are whole', () => {
    const long = 'x'.repeat(70_000);
    expect(mapped(JSON.stringify({ a: long }), a({}))).toEqual([long]);
  });

  it('are trimmed of spaces, but not by another type', () => {
    expect(mapped('{"a": "  x\\t "}', a({ trim: true }))).toEqual(['x\t']);
    expect(mapped('{"a": "  "}', a({ trim: true }))).toEqual(['']);
    // Many spaces inside are passed once: tried from each of them, they would take minutes.
    const wide = `x${' '.repeat(200_000)}y`;
    expect(mapped(JSON.stringify({ a: ` ${wide} ` }), a({ trim: true }))).toEqual([wide]);
  });

  it('have a default for what is missing, null, or of another type', () => {
    const standIn = { default: { kind: 'number', text: '0' } } as const;
    const price = a({ ...standIn, type: { is: 'decimal', precision: 5, scale: 2 } });
    for (const document of ['{}', '{"a": null}', '{"a": "x"}', 'no JSON', null])
      expect(mapped(document, price)).toEqual(['0.00']);
    expect(mapped('{"a": 1.5}', price)).toEqual(['1.50']);
    const flag = a({ type: { is: 'boolean' }, default: { kind: 'boolean', text: 'FALSE' } });
    expect(mapped('{}', flag)).toEqual(['0']);
  });

  it('are masked', () => {
    const document = '{"a": "é😀-12😀4"}';
    expect(mapped(document, a({ mask: 'last4' }))).toEqual(['***12😀4']);
    expect(mapped('{"a": "abc"}', a({ mask: 'last4' }))).toEqual(['abc']);
    expect(mapped(document, a({ mask: 'redact' }))).toEqual(['REDACTED']);
    expect(mapped(document, a({ mask: 'null' }))).toEqual([null]);
    expect(mapped(document, a({ mask: 'sha256' }))).toEqual([
      createHash('sha256').update('é😀-12😀4').digest('hex'),
    ]);
    expect(mapped(document, a({ mask: 'hmac' }), (value) => `<${Buffer.from(value).toString()}>`)).toEqual([
      '<é😀-12😀4>',
    ]);
    for (const mask of ['last4', 'redact', 'null', 'sha256'] as const)
      expect(mapped('{}', a({ mask }))).toEqual([null]);
  });

  it('are not masked without the key', () => {
    expect(() => mapped('{}', a({ mask: 'hmac' }))).toThrow('without the HMAC key');
  });
});
