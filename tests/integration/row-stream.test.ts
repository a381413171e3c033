/** Raw rows through mysql2: the seam itself, and that a result is whole or an error, whatever happens to the connection. */
import type { RowDataPacket } from 'mysql2';
import { setTimeout as sleep } from 'node:timers/promises';
import type { OutputColumn } from '../../src/domain/plan.ts';
import type { RowStream, Snapshot } from '../../src/ports.ts';
import type { MysqlSourceOptions } from '../../src/sources/mysql/connect.ts';
import { mysqlSource } from '../../src/sources/mysql/snapshot.ts';
import { loadLargeTable } from '../support/hr.ts';
import { NEVER, testInstallation, type TestInstallation } from '../support/installation.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';
import { waitFor } from '../support/wait-for.ts';

const ROWS = 1500;
const ALL = 'SELECT id, customer, amount, note, created_at FROM events ORDER BY id';

let here: TestInstallation;
beforeAll(async () => {
  here = await testInstallation();
  await loadLargeTable(here.database.connection, ROWS);
});
afterAll(() => here.close());

const column = (name: string): OutputColumn => ({ name, mysqlType: 'text', nullable: true, kind: 'text' });
const COLUMNS = ['id', 'customer', 'amount', 'note', 'created_at'].map(column);

/** Columns `x`, of which there are about 60 MB. */
const HUGE = "SELECT REPEAT('x', 4000) AS x FROM events e1 JOIN events e2 ON e2.id <= 10";
const HUGE_ROWS = ROWS * 10;

/** The values of a row packet, by the protocol's own rules. */
function values(packet: Buffer, start: number, end: number): (string | null)[] {
  const found: (string | null)[] = [];
  for (let at = start; at < end;) {
    let length = packet[at++]!;
    if (length === 0xfb) {
      found.push(null);
      continue;
    }
    const bytes = length === 0xfc ? 2 : length === 0xfd ? 3 : 0;
    if (bytes > 0) {
      length = packet.readUIntLE(at, bytes);
      at += bytes;
    }
    found.push(packet.toString('utf8', at, at + length));
    at += length;
  }
  return found;
}

/** A session through a fault proxy, and the rows that came. */
async function through(options: Partial<MysqlSourceOptions> = {}) {
  const proxy = await startTcpProxy(here.database);
  const snapshot = await mysqlSource({ ...here.source, host: proxy.host, port: proxy.port, ...options }).open(
    NEVER,
  );
  const stop = async (): Promise<void> => {
    await snapshot.close();
    await proxy.stop();
  };
  return { proxy, snapshot, stop };
}

function count(
  snapshot: Snapshot,
  sql: string,
  columns = COLUMNS,
  signal = NEVER,
): RowStream & { rows: () => number } {
  let rows = 0;
  const stream = snapshot.rows(sql, columns, () => rows++, signal);
  return { ...stream, rows: () => rows };
}

/** Waits until nothing more is forwarded. */
async function untilStill(proxy: TcpProxy): Promise<void> {
  for (let before = -1; before !== proxy.bytes();) {
    before = proxy.bytes();
    await sleep(250);
  }
}

describe('the seam', () => {
  it('hands out the rows that mysql2 itself reads', async () => {
    const snapshot = await mysqlSource(here.source).open(NEVER);
    const raw: (string | null)[][] = [];
    await snapshot.rows(ALL, COLUMNS, (packet, start, end) => raw.push(values(packet, start, end)), NEVER)
      .done;
    await snapshot.close();
    const [parsed] = await here.database.connection.query<RowDataPacket[][]>({
      sql: ALL,
      rowsAsArray: true,
      typeCast: (field) => field.string('utf8'),
    });
    expect(raw).toHaveLength(ROWS);
    expect(raw).toEqual(parsed);
  });

  it('reads one result after another on one session', async () => {
    const snapshot = await mysqlSource(here.source).open(NEVER);
    for (const limit of [0, 1, 700]) {
      const stream = count(snapshot, `${ALL} LIMIT ${limit}`);
      await stream.done;
      expect(stream.rows()).toBe(limit);
    }
    await snapshot.close();
  });

  it('hands an error of onRow on, and ends the session', async () => {
    const snapshot = await mysqlSource(here.source).open(NEVER);
    const fault = new Error('of the encoder');
    let rows = 0;
    const { done } = snapshot.rows(ALL, COLUMNS, () => { if (++rows === 5) throw fault; }, NEVER); // prettier-ignore
    await expect(done).rejects.toBe(fault);
    await snapshot.close();
    expect(rows).toBe(5);
  });
});

describe('a connection cut in mid-stream', () => {
  const bytesOf = async (options: Partial<MysqlSourceOptions>): Promise<number> => {
    const { proxy, snapshot, stop } = await through(options);
    const before = proxy.bytes();
    await count(snapshot, ALL).done;
    const bytes = proxy.bytes() - before;
    await stop();
    return bytes;
  };

  /** What comes of a result whose connection ends after so many bytes of it. */
  const cutAt = async (
    at: number,
    how: 'close' | 'reset',
    options: Partial<MysqlSourceOptions>,
  ): Promise<unknown> => {
    const { proxy, snapshot, stop } = await through(options);
    if (at === 0) proxy.cut(how);
    else proxy.onBytes(at, () => proxy.cut(how));
    const stream = count(snapshot, ALL);
    const outcome = await stream.done.then(
      () => `${stream.rows()} rows`,
      (error: { code: string }) => error.code,
    );
    await stop();
    return outcome;
  };

  it.each(['close', 'reset'] as const)(
    'by %s, at any byte, is an error and never a shorter result',
    async (how) => {
      const plain = { tls: 'disabled' } as const;
      const total = await bytesOf(plain);
      const positions = [
        ...Array.from({ length: 12 }, (_, index) => index),
        ...Array.from({ length: 24 }, (_, index) => Math.floor((total * (index + 1)) / 26)),
        ...Array.from({ length: 16 }, (_, index) => total - index - 1),
      ];
      for (const position of positions) {
        expect([position, await cutAt(position, how, plain)]).toEqual([position, 'CONNECTION_LOST']);
      }
      // The last byte has arrived: then it is whole. A reset may overtake bytes that were sent before it.
      if (how === 'close') expect(await cutAt(total, how, plain)).toBe(`${ROWS} rows`);
    },
  );

  it('is the same where the connection is encrypted, as far as the server can', async () => {
    const total = await bytesOf({ tls: 'preferred' });
    for (const share of [0, 0.1, 0.5, 0.9, 0.97]) {
      expect(await cutAt(Math.floor(total * share), 'close', { tls: 'preferred' })).toBe('CONNECTION_LOST');
    }
  });
});

describe('silence', () => {
  // No shorter: opening a session has to keep to it as well.
  const impatient = { idleTimeoutMs: 1000, tls: 'disabled' } as const;

  it('of a server that hangs ends the run, before the first row and after it', async () => {
    const hangs = [0, 30_000].map(async (at) => {
      const { proxy, snapshot, stop } = await through(impatient);
      if (at === 0) proxy.hang();
      else proxy.onBytes(at, () => proxy.hang());
      const stream = count(snapshot, ALL);
      await expect(stream.done).rejects.toMatchObject({ code: 'CONNECTION_SILENT', retryable: true });
      expect(stream.rows()).toBeLessThan(ROWS);
      await stop();
    });
    await Promise.all(hangs);
  });

  it('of a slow query is waited for', async () => {
    const { snapshot, stop } = await through(impatient);
    const stream = count(snapshot, 'SELECT SLEEP(3) AS s', [column('s')]);
    await stream.done;
    expect(stream.rows()).toBe(1);
    await stop();
  });

  it('of our own making is none: a paused stream may rest', async () => {
    const { proxy, snapshot, stop } = await through(impatient);
    const stream = count(snapshot, HUGE, [column('x')]);
    stream.pause();
    await untilStill(proxy);
    await sleep(3 * impatient.idleTimeoutMs);
    stream.resume();
    await stream.done;
    expect(stream.rows()).toBe(HUGE_ROWS);
    await stop();
  });
});

describe('somebody else', () => {
  const threads = async (like: string): Promise<number[]> => {
    const [rows] = await here.database.connection.query<RowDataPacket[]>(
      'SELECT ID AS id FROM information_schema.PROCESSLIST WHERE DB = DATABASE() AND LEFT(INFO, ?) = ?',
      [like.length, like],
    );
    return rows.map((row) => Number(row['id']));
  };
  const untilThreads = async (like: string, wanted: number): Promise<number[]> => {
    for (;;) {
      const found = await threads(like);
      if (found.length === wanted) return found;
      await sleep(20);
    }
  };

  it.each([
    ['KILL', 'CONNECTION_LOST'],
    ['KILL QUERY', 'QUERY_TIMEOUT'],
  ])('who says %s ends the run as %s', async (kill, code) => {
    const { proxy, snapshot, stop } = await through({ tls: 'disabled' });
    const sql = `${HUGE} /* ${kill} */`;
    const stream = count(snapshot, sql, [column('x')]);
    stream.pause();
    const [thread] = await untilThreads(sql, 1);
    await untilStill(proxy);
    await here.database.connection.query(`${kill} ${thread}`);
    stream.resume();
    await expect(stream.done).rejects.toMatchObject({ code, retryable: true });
    expect(stream.rows()).toBeLessThan(HUGE_ROWS);
    await stop();
  });

  it('who aborts the run has its query killed on the server', async () => {
    const snapshot = await mysqlSource(here.source).open(NEVER);
    const sql = 'SELECT SLEEP(600) AS aborted';
    const abort = new AbortController();
    const { done } = count(snapshot, sql, [column('aborted')], abort.signal);
    await untilThreads(sql, 1);
    const reason = new Error('enough');
    abort.abort(reason);
    await expect(done).rejects.toBe(reason);
    await snapshot.close();
    expect(await untilThreads(sql, 0)).toEqual([]);
  });
});

it('backpressure reaches the server: while the stream rests, neither bytes nor memory come', async () => {
  const { proxy, snapshot, stop } = await through({ tls: 'disabled' });
  const before = proxy.bytes();
  const buffers = process.memoryUsage().arrayBuffers;
  let rows = 0;
  let paused = 0;
  const stream = snapshot.rows(HUGE, [column('x')], () => { if (++rows === 100) { stream.pause(); paused = rows; } }, NEVER); // prettier-ignore
  await waitFor('the first rows', () => (paused > 0 ? true : null));
  await untilStill(proxy);
  expect(paused).toBe(100);
  // What had been received already still comes: one read of the socket.
  expect((rows - paused) * 4000).toBeLessThanOrEqual(65_536);
  // The rest waits in the buffers of two sockets and in the server.
  expect(proxy.bytes() - before).toBeLessThan(20_000_000);
  expect(process.memoryUsage().arrayBuffers - buffers).toBeLessThan(40_000_000);
  stream.resume();
  await stream.done;
  expect(rows).toBe(HUGE_ROWS);
  await stop();
});

it('reads the next result although this one was paused to its end', async () => {
  const { snapshot, stop } = await through();
  const one = [column('one')];
  const first = snapshot.rows('SELECT 1 AS one', one, () => first.pause(), NEVER);
  await first.done;
  // Too late to pause anything.
  first.pause();
  const second = count(snapshot, 'SELECT 1 AS one UNION ALL SELECT 2', one);
  await second.done;
  expect(second.rows()).toBe(2);
  await stop();
});
