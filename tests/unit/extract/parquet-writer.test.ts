/** The writer: its thread, its back-pressure and its failures. */
import { endThread } from '../../../src/extract/parquet/encoder-thread.ts';
import type { ParquetOptions } from '../../../src/extract/parquet/group-columns.ts';
import { parquetWriter } from '../../../src/extract/parquet/writer.ts';
import type { ParquetTarget, ParquetWriter } from '../../../src/extract/parquet/writer.ts';
import type { TidemarkError } from '../../../src/errors.ts';
import { columnOf, encode, OPTIONS, readBack } from './parquet-files.ts';
import { rowPacket } from './packets.ts';

const COLUMNS = [columnOf('id', 'int(11)', false), columnOf('text', 'longtext'), columnOf('d', 'date')];

interface Collected extends ParquetTarget {
  readonly parts: Buffer[];
  readonly failures: unknown[];
  /** Settles with the next call of `drained` or `failed`. */
  next(): Promise<void>;
}

function collector(): Collected {
  let wake = (): void => {};
  const parts: Buffer[] = [];
  const failures: unknown[] = [];
  return {
    parts,
    failures,
    next: () => new Promise((resolve) => (wake = resolve)),
    bytes: (chunk) => void parts.push(Buffer.from(chunk)),
    drained: () => wake(),
    failed: (error) => {
      failures.push(error);
      wake();
    },
  };
}

/** Adds a row from a buffer that is overwritten at once, with something before and behind it. */
function add(writer: ParquetWriter, cells: readonly (string | null)[]): number {
  const packet = rowPacket(cells.map((cell) => (cell === null ? null : Buffer.from(cell))));
  const around = Buffer.concat([Buffer.alloc(7, 0xee), packet, Buffer.alloc(3, 0xee)]);
  const size = writer.addRow(around, 7, 7 + packet.length);
  around.fill(0xee);
  return size;
}

const uncompressed: ParquetOptions = { ...OPTIONS, compression: { codec: 'none', level: null } };
const cellsOf = (index: number): (string | null)[] => [
  String(index),
  index % 3 === 0 ? null : `t${index}`,
  '2024-02-29',
];

describe('parquetWriter', () => {
  test('gives the bytes that the encoder makes of the rows, and says how large they are as text', async () => {
    const target = collector();
    const writer = parquetWriter(COLUMNS, OPTIONS, target);
    const rows = Array.from({ length: 30_000 }, (_, index) => cellsOf(index));
    const sizes = rows.map((cells) => add(writer, cells));
    await writer.finish();
    const file = Buffer.concat(target.parts);
    expect(file.equals(encode(COLUMNS, rows).file)).toBe(true);
    expect(sizes[4]).toBe('4,t4,2024-02-29\n'.length);
    expect(target.failures).toEqual([]);
  });

  test('writes a valid file of no rows', async () => {
    const target = collector();
    const writer = parquetWriter(COLUMNS, OPTIONS, target);
    await writer.finish();
    expect(await readBack(Buffer.concat(target.parts))).toEqual([]);
  });

  test('keeps files apart that are written at the same time', async () => {
    const files = [0, 1, 2].map((number) => {
      const target = collector();
      const rows = Array.from({ length: 2000 }, (_, index) => cellsOf(index * 3 + number));
      return { target, rows, writer: parquetWriter(COLUMNS, OPTIONS, target) };
    });
    for (let row = 0; row < 2000; row++) for (const { writer, rows } of files) add(writer, rows[row]!);
    await Promise.all(files.map(({ writer }) => writer.finish()));
    for (const { target, rows } of files) {
      expect(Buffer.concat(target.parts).equals(encode(COLUMNS, rows).file)).toBe(true);
    }
  });

  test('fills what it sent before again, and the files keep their own bytes', async () => {
    const filesOf = async (letter: string) => {
      const target = collector();
      const writer = parquetWriter(COLUMNS, uncompressed, target);
      const rows = Array.from({ length: 300 }, (_, row) => [String(row), letter.repeat(9000 + row), null]);
      for (const cells of rows) add(writer, cells);
      await writer.finish();
      return { rows, file: Buffer.concat(target.parts) };
    };
    const files = [await filesOf('a'), await filesOf('b'), await filesOf('c')];
    for (const { rows, file } of files)
      expect(file.equals(encode(COLUMNS, rows, uncompressed).file)).toBe(true);
  });

  test('is full when much is on its way, and says when it takes rows again', async () => {
    const target = collector();
    const writer = parquetWriter(COLUMNS, uncompressed, target);
    const text = 'x'.repeat(1_000_000);
    let rows = 0;
    for (let waits = 0; waits < 3; waits++) {
      while (!writer.isFull()) add(writer, [String(rows++), text, null]);
      await target.next();
      expect(writer.isFull()).toBe(false);
    }
    // As much as fills it, and no more: the memory of a process has room for it.
    expect(rows).toBeLessThan(300);
    await writer.finish();
    const read = await readBack(Buffer.concat(target.parts));
    expect(read.map(([id, value]) => [Number(id), value!.length])).toEqual(
      Array.from({ length: rows }, (_, index) => [index, text.length]),
    );
  });

  test('takes rows larger than what it sends at once', async () => {
    const target = collector();
    const writer = parquetWriter(COLUMNS, OPTIONS, target);
    const rows = ['small', 'l'.repeat(5_000_000), 'small again'].map((text, index) => [
      String(index),
      text,
      null,
    ]);
    for (const cells of rows) add(writer, cells);
    await writer.finish();
    expect(await readBack(Buffer.concat(target.parts))).toEqual(rows);
  });

  test('counts zero dates and invalid texts by column', async () => {
    const writer = parquetWriter(COLUMNS, OPTIONS, collector());
    add(writer, ['1', 'fine', '0000-00-00']);
    const packet = rowPacket([Buffer.from('2'), Buffer.of(0xff), Buffer.from('2024-00-00')]);
    writer.addRow(packet, 0, packet.length);
    await writer.finish();
    expect(writer.zeroDates()).toEqual(new Map([['d', 2]]));
    expect(writer.invalidTexts()).toEqual(new Map([['text', 1]]));
  });

  test('fails with the error of the value, once, and takes what comes after it without a word', async () => {
    const target = collector();
    const writer = parquetWriter(COLUMNS, { ...OPTIONS, zeroDates: 'fail' }, target);
    add(writer, ['1', null, '0000-00-00']);
    const finished = writer.finish();
    await expect(finished).rejects.toMatchObject({
      code: 'ZERO_DATE',
      message: 'Column d holds 0000-00-00, and zero_dates is "fail".',
      retryable: false,
    });
    add(writer, ['2', null, null]);
    expect(writer.isFull()).toBe(false);
    await expect(writer.finish()).rejects.toMatchObject({ code: 'ZERO_DATE' });
    expect(target.failures).toHaveLength(1);
  });

  test('tells of a failure while rows still come', async () => {
    const target = collector();
    const writer = parquetWriter(COLUMNS, OPTIONS, target);
    const failed = target.next();
    for (let row = 0; target.failures.length === 0 && row < 200; row++) {
      add(writer, ['no number', 'x'.repeat(100_000), null]);
    }
    await failed;
    expect((target.failures[0] as TidemarkError).code).toBe('VALUE_UNFIT');
    expect((target.failures[0] as TidemarkError).message).toContain('Column id is int(11)');
  });

  test('another file of the same thread is whole although one has failed', async () => {
    const good = collector();
    const writer = parquetWriter(COLUMNS, OPTIONS, good);
    add(writer, cellsOf(1));
    const bad = parquetWriter(COLUMNS, OPTIONS, collector());
    add(bad, ['no number', null, null]);
    await expect(bad.finish()).rejects.toMatchObject({ code: 'VALUE_UNFIT' });
    add(writer, cellsOf(2));
    await writer.finish();
    expect(Buffer.concat(good.parts).equals(encode(COLUMNS, [cellsOf(1), cellsOf(2)]).file)).toBe(true);
  });

  test('nothing comes of a file that was given up', async () => {
    const given = collector();
    const writer = parquetWriter(COLUMNS, OPTIONS, given);
    add(writer, ['no number', null, null]);
    writer.discard();
    const target = collector();
    const other = parquetWriter(COLUMNS, OPTIONS, target);
    add(other, cellsOf(1));
    await other.finish();
    expect([given.parts, given.failures]).toEqual([[], []]);
  });

  test('a target that throws ends its file alone', async () => {
    const failures: unknown[] = [];
    const thrown = new Error('the object is too large');
    const writer = parquetWriter(COLUMNS, OPTIONS, {
      bytes: () => {
        throw thrown;
      },
      drained: () => {},
      failed: (error) => void failures.push(error),
    });
    add(writer, cellsOf(1));
    await expect(writer.finish()).rejects.toBe(thrown);
    expect(failures).toEqual([thrown]);
  });

  test('a file given up while it is finished rejects', async () => {
    const target = collector();
    const writer = parquetWriter(COLUMNS, OPTIONS, target);
    add(writer, cellsOf(1));
    const finished = writer.finish();
    writer.discard();
    await expect(finished).rejects.toMatchObject({ code: 'INTERRUPTED' });
    expect([target.parts, target.failures]).toEqual([[], []]);
  });

  test('fails where the thread dies; the next file gets another thread', async () => {
    const targets = [collector(), collector()];
    const writers = targets.map((target) => parquetWriter(COLUMNS, OPTIONS, target));
    for (const writer of writers) add(writer, cellsOf(1));
    // In this order: a file so small may be finished before the thread has ended.
    const ended = endThread();
    const finished = writers[0]!.finish();
    const rejected = expect(finished).rejects.toMatchObject({
      code: 'ENCODER_DIED',
      message: 'The thread that encodes Parquet died: it ended with code 1',
      retryable: true,
    });
    await ended;
    await rejected;
    expect(targets.map(({ failures }) => failures.length)).toEqual([1, 1]);
    expect(writers[1]!.isFull()).toBe(false);

    const target = collector();
    const writer = parquetWriter(COLUMNS, OPTIONS, target);
    add(writer, cellsOf(1));
    await writer.finish();
    expect(Buffer.concat(target.parts).equals(encode(COLUMNS, [cellsOf(1)]).file)).toBe(true);
  });
});
