/** One export from first row to last prepared object: waiting, failing, being aborted, being empty. */
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import type { OnEmpty } from '../../../src/domain/spec.ts';
import type { ExportPlan } from '../../../src/domain/plan.ts';
import { BLOCK_BYTES } from '../../../src/extract/compress.ts';
import { exportBatch, type Progress } from '../../../src/extract/export-batch.ts';
import { keepBuffer, takeBuffer } from '../../../src/extract/spare-buffers.ts';
import { exportResult, type ExportResult } from '../../../src/extract/table-result.ts';
import type { BatchJob } from '../../../src/lane-ports.ts';
import type { PendingUpload } from '../../../src/ports.ts';
import type { RowTransformer } from '../../../src/transform-ports.ts';
import { columnsOf, outputOptions } from './packets.ts';
import type { Overrides } from './packets.ts';
import { rowSource } from './row-source.ts';
import type { RowSource } from './row-source.ts';
import { fakeUploads } from './uploads.ts';

const PLAN: ExportPlan = {
  name: 't',
  sql: 'SELECT `c0`, `c1` FROM `t`',
  countSql: 'SELECT COUNT(*) FROM `t`',
  columns: columnsOf(['number', 'date']),
  estimate: { rows: null, bytes: null, basis: 'unknown' },
  batched: false,
  thresholdBytes: 40,
  keyPattern: 'task/t_1.csv',
};

interface Options {
  readonly plan?: Partial<ExportPlan>;
  readonly output?: Overrides;
  readonly onEmpty?: OnEmpty;
  readonly partBytes?: number;
  readonly concurrency?: number;
  readonly begin?: (key: string) => Promise<PendingUpload>;
  readonly signal?: AbortSignal;
  readonly transformer?: RowTransformer;
}

interface Started {
  readonly rows: RowSource;
  readonly progress: Progress;
  readonly result: Promise<ExportResult>;
}

function start(options: Options, uploads = fakeUploads()): Started {
  const rows = rowSource();
  const progress = { rows: 0, bytes: 0, files: 0 };
  const result = exportOne(
    options,
    {
      snapshot: rows.snapshot,
      sink: { partBytes: options.partBytes ?? 16, concurrency: options.concurrency ?? 2 },
      begin: options.begin ?? uploads.begin,
      progress,
      openTransformer: options.transformer === undefined ? null : () => options.transformer!,
    },
    options.signal ?? new AbortController().signal,
  );
  return { rows, progress, result };
}

/** The one job of an export, and what comes of it. */
async function exportOne(
  options: Options,
  ports: Parameters<typeof exportBatch>[1],
  signal: AbortSignal,
): Promise<ExportResult> {
  const plan = { ...PLAN, ...options.plan };
  const onEmpty = options.onEmpty ?? 'header';
  const output = outputOptions(options.output);
  const job: BatchJob = {
    id: 't',
    task: 'task',
    runId: 'run',
    scheduledFor: '2026-01-01T00:00:00.000Z',
    export: plan,
    output,
    emptyObject: onEmpty === 'header',
    numbers: { first: 0, step: 1 },
    windows: [],
  };
  return exportResult(plan, [await exportBatch(job, ports, signal)], onEmpty, output);
}

function textOf(codec: 'none' | 'gzip' | 'zstd', content: Buffer): string {
  const plain = { none: content, gzip: gunzipSync, zstd: zstdDecompressSync }[codec];
  return (typeof plain === 'function' ? plain(content) : plain).toString();
}

const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

it('makes one object of all rows, and counts', async () => {
  const uploads = fakeUploads();
  const { rows, progress, result } = start({}, uploads);
  rows.push('1', '2024-01-01');
  rows.push('2', null);
  rows.push('3', '0000-00-00');
  expect(progress).toEqual({ rows: 3, bytes: 19, files: 1 });
  rows.end();
  const { objects, ...sums } = await result;
  expect(sums).toEqual({ rows: 3, bytes: 25, warnings: ['t.c1: 1 zero or partial dates written as NULL.'] });
  expect(objects).toHaveLength(1);
  expect(objects[0]).toMatchObject({ table: 't', batch: null, key: 'task/t_1.csv', rows: 3 });
  expect(uploads.contentOf(objects[0]!).toString()).toBe('c0,c1\n1,2024-01-01\n2,\n3,\n');
});

it.each(['none', 'gzip', 'zstd'] as const)(
  'writes nothing of what was in its buffers before, compressed with %s',
  async (codec) => {
    // What another task has read, in every buffer that there is.
    for (const size of [1024, BLOCK_BYTES]) for (let n = 0; n < 20; n++) keepBuffer(Buffer.alloc(size, 'S'));
    const uploads = fakeUploads();
    const { rows, result } = start(
      { partBytes: 1024, output: { compression: { codec, level: null } } },
      uploads,
    );
    for (let id = 1; id <= 3; id++) rows.push(String(id), null);
    rows.end();
    const [object] = (await result).objects;
    expect(textOf(codec, uploads.contentOf(object!))).toBe('c0,c1\n1,\n2,\n3,\n');
    expect(takeBuffer(1024).includes('SSS')).toBe(true);
  },
);

it('rolls over to numbered objects where the plan says so', async () => {
  const uploads = fakeUploads();
  const { rows, progress, result } = start(
    { plan: { batched: true, keyPattern: 'task/t_1_{batch}.csv' } },
    uploads,
  );
  for (let id = 10; id < 20; id++) rows.push(String(id), '2024-01-01');
  rows.end();
  const { objects, warnings } = await result;
  expect(objects.map(({ key, batch, rows: count }) => [key, batch, count])).toEqual([
    ['task/t_1_0.csv', 0, 2],
    ['task/t_1_1.csv', 1, 2],
    ['task/t_1_2.csv', 2, 2],
    ['task/t_1_3.csv', 3, 2],
    ['task/t_1_4.csv', 4, 2],
  ]);
  expect(progress.files).toBe(5);
  expect(warnings).toEqual([]);
});

describe('backpressure', () => {
  it('makes the source wait while parts are on their way, and go on when one has arrived', async () => {
    const waiting: (() => void)[] = [];
    const uploads = fakeUploads(() => new Promise((resolve) => waiting.push(resolve)));
    const { rows, result } = start(
      { partBytes: 14, concurrency: 2, output: { csv: { header: false } } },
      uploads,
    );
    const sentWhenPaused: number[] = [];
    let id = 10;
    for (let round = 0; round < 4; round++) {
      // Each row is a part of its own. A paused source still delivers what it has received.
      while (!rows.isPaused()) rows.push(String(id++), '2024-01-01');
      rows.push(String(id++), '2024-01-01');
      await settled();
      sentWhenPaused.push(waiting.length);
      // It goes on only when there is room again, not at the first part that arrives.
      waiting.shift()!();
      await settled();
      expect(rows.isPaused()).toBe(true);
      while (rows.isPaused()) {
        waiting.shift()!();
        await settled();
      }
    }
    rows.end();
    await settled();
    while (waiting.length > 0) {
      waiting.shift()!();
      await settled();
    }
    // At most three buffers, one of them being filled, and the row that came while paused.
    expect(sentWhenPaused).toEqual([3, 3, 3, 3]);
    const { objects } = await result;
    expect(uploads.contentOf(objects[0]!).toString()).toBe(
      Array.from({ length: id - 10 }, (_, index) => `${index + 10},2024-01-01\n`).join(''),
    );
  });

  it('never waits for the part being filled, however large parts have grown', async () => {
    const uploads = fakeUploads();
    const { rows, result } = start({ partBytes: 1, concurrency: 1 }, uploads);
    for (let id = 1000; id < 1400; id++) {
      rows.push(String(id), '2024-01-01');
      for (let turn = 0; rows.isPaused() && turn < 100; turn++) await settled();
      expect(rows.isPaused()).toBe(false);
    }
    rows.end();
    const { objects } = await result;
    expect(objects[0]!.parts.length).toBeGreaterThan(2000);
    expect(uploads.contentOf(objects[0]!)).toHaveLength(6 + 400 * 16);
  });
});

describe('an empty result', () => {
  it('is a header', async () => {
    const uploads = fakeUploads();
    const { rows, result } = start({}, uploads);
    rows.end();
    const { objects, rows: count } = await result;
    expect(count).toBe(0);
    expect(uploads.contentOf(objects[0]!).toString()).toBe('c0,c1\n');
  });

  it('is one empty object where there are no headers', async () => {
    const { rows, result } = start({ output: { csv: { header: false } } });
    rows.end();
    expect((await result).objects[0]).toMatchObject({ rows: 0, bytes: 0, crc32: '00000000' });
  });

  it('is nothing at all with "skip"', async () => {
    const uploads = fakeUploads();
    const { rows, result } = start({ onEmpty: 'skip' }, uploads);
    rows.end();
    expect(await result).toEqual({ objects: [], rows: 0, bytes: 0, warnings: [] });
    expect(uploads.uploads).toHaveLength(0);
  });

  it('is an error with "fail"', async () => {
    const { rows, result } = start({ onEmpty: 'fail' });
    rows.end();
    await expect(result).rejects.toMatchObject({ code: 'RESULT_EMPTY', sql: PLAN.sql });
  });
});

describe('a failure', () => {
  it('of a part ends the reading at once, with its error', async () => {
    const failure = new Error('part 2');
    const uploads = fakeUploads(async (part) => {
      if (part === 2) throw failure;
    });
    const { rows, result } = start({}, uploads);
    const outcome = expect(result).rejects.toBe(failure);
    for (let id = 10; id < 14; id++) rows.push(String(id), '2024-01-01');
    await settled();
    expect(rows.endedBy()).toBe(failure);
    await outcome;
  });

  it('of a part after the last row is the export’s', async () => {
    const gate = Promise.withResolvers<void>();
    const { rows, result } = start(
      {},
      fakeUploads(() => gate.promise),
    );
    rows.push('1', '2024-01-01');
    rows.end();
    await settled();
    gate.reject(new Error('late'));
    await expect(result).rejects.toThrow('late');
  });

  it('to begin the upload is the export’s', async () => {
    const refused = new Error('refused');
    const { rows, result } = start({ begin: () => Promise.reject(refused) });
    const outcome = expect(result).rejects.toBe(refused);
    for (let id = 10; id < 14; id++) rows.push(String(id), '2024-01-01');
    await settled();
    expect(rows.endedBy()).toBe(refused);
    await outcome;
  });

  it('of the source ends the uploads', async () => {
    const begun: AbortSignal[] = [];
    const uploads = fakeUploads();
    const rows = rowSource();
    const result = exportOne(
      {},
      {
        snapshot: rows.snapshot,
        sink: { partBytes: 16, concurrency: 2 },
        begin: (key, _type, signal) => {
          begun.push(signal);
          return uploads.begin(key);
        },
        progress: { rows: 0, bytes: 0, files: 0 },
        openTransformer: null,
      },
      new AbortController().signal,
    );
    for (let id = 10; id < 14; id++) rows.push(String(id), '2024-01-01');
    const lost = new Error('connection lost');
    rows.fail(lost);
    await expect(result).rejects.toBe(lost);
    expect(begun.map((signal) => signal.reason as unknown)).toEqual([lost]);
  });

  it('of a value ends the reading', async () => {
    const { rows, result } = start({ output: { zeroDates: 'fail' } });
    rows.push('1', '0000-00-00');
    await expect(result).rejects.toMatchObject({ code: 'ZERO_DATE' });
    expect(rows.endedBy()).toMatchObject({ code: 'ZERO_DATE' });
  });
});

it('ends the thread of a module where reading cannot begin', async () => {
  let ended = 0;
  const unasked = (): never => {
    throw new Error('not asked for in this test');
  };
  const transformer = {
    takeRow: unasked,
    isFull: unasked,
    resume: unasked,
    finish: unasked,
    close: () => Promise.resolve(void ended++),
  };
  const field = {
    name: 'a',
    path: ['a'],
    type: { is: 'text' },
    default: null,
    trim: false,
    mask: 'hmac',
  } as const;
  const mapping = { columns: columnsOf(['text']), cells: [{ from: 0, field }] };
  // The snapshot has no key.
  const { result } = start({ plan: { mapping }, transformer });
  await expect(result).rejects.toThrow('the snapshot was opened without the HMAC key');
  expect(ended).toBe(1);
});

it('ends with the reason of an abort', async () => {
  const controller = new AbortController();
  const { rows, result } = start({ signal: controller.signal });
  rows.push('1', '2024-01-01');
  const reason = new Error('asked to stop');
  controller.abort(reason);
  await expect(result).rejects.toBe(reason);
  expect(rows.endedBy()).toBe(reason);
});

describe.each([
  ['gzip', gunzipSync],
  ['zstd', zstdDecompressSync],
] as const)('compressed with %s', (codec, decompress) => {
  const output = { compression: { codec, level: null } };
  /** A text of half a block, so that rows are in several. */
  const half = (id: number): string => String(id).repeat(BLOCK_BYTES / 2 / String(id).length);

  it('makes one object of all rows; bytes are those of the object', async () => {
    const uploads = fakeUploads();
    const { rows, progress, result } = start({ output, partBytes: 1024, concurrency: 2 }, uploads);
    for (let id = 10; id < 16; id++) rows.push(half(id), '2024-01-01');
    rows.end();
    const { objects, bytes } = await result;
    const content = uploads.contentOf(objects[0]!);
    const text = decompress(content).toString();
    expect(text).toBe(`c0,c1\n${[10, 11, 12, 13, 14, 15].map((id) => `${half(id)},2024-01-01\n`).join('')}`);
    expect(objects[0]).toMatchObject({ rows: 6, bytes: content.length });
    expect(bytes).toBe(content.length);
    expect(progress).toEqual({ rows: 6, bytes: text.length - 6, files: 1 });
  });

  it.each([
    ['a header', {}, 'c0,c1\n'],
    ['nothing', { csv: { header: false } }, ''],
  ])('an empty result is a whole file of %s', async (_, csv, expected) => {
    const uploads = fakeUploads();
    const { rows, result } = start({ output: { ...output, ...csv } }, uploads);
    rows.end();
    const { objects } = await result;
    expect(decompress(uploads.contentOf(objects[0]!)).toString()).toBe(expected);
    expect(objects[0]).toMatchObject({ rows: 0 });
  });

  it('is nothing at all with "skip"', async () => {
    const uploads = fakeUploads();
    const { rows, result } = start({ output, onEmpty: 'skip' }, uploads);
    rows.end();
    expect((await result).objects).toEqual([]);
    expect(uploads.uploads).toHaveLength(0);
  });

  it('rolls over by size before compression', async () => {
    const uploads = fakeUploads();
    const plan = { batched: true, keyPattern: 't_{batch}.csv.gz', thresholdBytes: 1000 };
    const { rows, result } = start({ plan, output, partBytes: 64 }, uploads);
    for (let id = 10; id < 20; id++) rows.push(String(id).repeat(200), '2024-01-01');
    rows.end();
    const { objects } = await result;
    expect(objects.map((object) => object.rows)).toEqual([2, 2, 2, 2, 2]);
    expect(objects.map(({ key }) => key).slice(0, 2)).toEqual(['t_0.csv.gz', 't_1.csv.gz']);
    for (const object of objects) {
      const text = decompress(uploads.contentOf(object)).toString();
      expect(text.startsWith('c0,c1\n')).toBe(true);
      expect(text.length).toBeGreaterThan(800);
      expect(text.length).toBeLessThanOrEqual(1000);
    }
  });

  it('makes the source wait while blocks are compressed, and go on after', async () => {
    const uploads = fakeUploads();
    const { rows, result } = start({ output, partBytes: 1 << 20 }, uploads);
    let pushed = 0;
    for (let round = 0; round < 3; round++) {
      // Nothing is compressed while this loop holds the thread: the source has to be stopped by then.
      for (const before = pushed; !rows.isPaused(); pushed++) {
        if (pushed - before > 60) throw new Error('never paused');
        rows.push(half(10), '2024-01-01');
      }
      for (let turn = 0; rows.isPaused() && turn < 5000; turn++) await settled();
      expect(rows.isPaused()).toBe(false);
    }
    rows.end();
    const { objects } = await result;
    expect(objects[0]!.rows).toBe(pushed);
    expect(decompress(uploads.contentOf(objects[0]!))).toHaveLength(6 + pushed * (BLOCK_BYTES / 2 + 12));
  });

  it('makes the source wait for a slow sink', async () => {
    const waiting: (() => void)[] = [];
    const uploads = fakeUploads(() => new Promise((resolve) => waiting.push(resolve)));
    const { rows, result } = start({ output, partBytes: 64, concurrency: 2 }, uploads);
    let pushed = 0;
    const push = async (): Promise<void> => {
      rows.push(half(pushed++), '2024-01-01');
      await settled();
    };
    while (!rows.isPaused()) await push();
    const stoppedAt = pushed;
    for (let turn = 0; turn < 200; turn++) await settled();
    // What has been taken in is compressed and waits; no row is taken until the sink has taken a part.
    expect(rows.isPaused()).toBe(true);
    expect(stoppedAt).toBeLessThan(60);
    rows.end();
    const end = { reached: false };
    const outcome = result.finally(() => (end.reached = true));
    while (!end.reached) {
      waiting.splice(0).forEach((go) => go());
      await settled();
    }
    expect(rows.isPaused()).toBe(false);
    const { objects } = await outcome;
    expect(decompress(uploads.contentOf(objects[0]!))).toHaveLength(
      6 +
        Array.from({ length: pushed }, (_, id) => half(id).length + 12).reduce(
          (sum, bytes) => sum + bytes,
          0,
        ),
    );
  });

  it('ends the run where a part fails, at once', async () => {
    const failure = new Error('part 1');
    const { rows, result } = start(
      { output, partBytes: 16 },
      fakeUploads(() => Promise.reject(failure)),
    );
    const outcome = expect(result).rejects.toBe(failure);
    for (let id = 10; id < 14; id++) rows.push(half(id), '2024-01-01');
    for (let turn = 0; rows.endedBy() === undefined && turn < 5000; turn++) await settled();
    expect(rows.endedBy()).toBe(failure);
    await outcome;
  });
});

it('counts over all Parquet files of an export', async () => {
  const uploads = fakeUploads();
  const plan = { batched: true, keyPattern: 't_{batch}.parquet', thresholdBytes: 30 };
  const compression = { codec: 'snappy', level: null } as const;
  const { rows, result } = start({ plan, output: { format: 'parquet', compression } }, uploads);
  for (let id = 0; id < 6; id++) rows.push(String(id), id % 2 === 0 ? '0000-00-00' : '2024-01-01');
  rows.end();
  const { objects, warnings } = await result;
  expect(objects.map((object) => object.rows)).toEqual([2, 2, 2]);
  expect(warnings).toEqual(['t.c1: 3 zero or partial dates written as NULL.']);
});

it('writes JSON Lines, and says what became of texts and documents', async () => {
  const uploads = fakeUploads();
  const columns = columnsOf(['text', 'json']).map((column) => ({ ...column, mysqlType: 'longtext' }));
  const { rows, result } = start({ plan: { columns }, output: { format: 'jsonl' } }, uploads);
  rows.push('a', '{"b": 1}');
  rows.pushBytes(Buffer.of(0xff), Buffer.from('{'));
  rows.end();
  const { objects, warnings } = await result;
  expect(uploads.contentOf(objects[0]!).toString()).toBe(
    '{"c0":"a","c1":{"b": 1}}\n{"c0":"\ufffd","c1":"{"}\n',
  );
  expect(warnings).toEqual([
    't.c0: 1 texts are not valid UTF-8; their bytes were written with U+FFFD in their place.',
    't.c1: 1 values are not JSON; they were written as strings.',
  ]);
});
