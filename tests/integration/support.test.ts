/** The test servers and fault proxies themselves: each really answers, and each fault really strikes. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { createTransport } from 'nodemailer';
import mysql, { type RowDataPacket } from 'mysql2/promise';
import { loadHr, loadLargeTable } from '../support/hr.ts';
import { freshDatabase, grantReader, serverVersion, type TestDatabase } from '../support/mysql.ts';
import { startS3, type TestS3 } from '../support/s3.ts';
import { startS3Proxy, type S3Proxy } from '../support/s3-proxy.ts';
import { startMailbox } from '../support/smtp.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';

describe('the database', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await freshDatabase();
    await database.connection.query(
      'CREATE TABLE t (a INT); CREATE TABLE u (a INT); INSERT INTO t VALUES (7)',
    );
  });
  afterAll(() => database.drop());

  const readerConnection = async (tables?: string[]) => {
    const reader = await grantReader(database, tables);
    return mysql.createConnection({
      host: database.host,
      port: database.port,
      database: database.name,
      ...reader,
    });
  };

  it('gives a reader that may read and may not write', async () => {
    const connection = await readerConnection();
    const [rows] = await connection.query<RowDataPacket[]>('SELECT a FROM t');
    expect(rows).toEqual([{ a: 7 }]);
    await expect(connection.query('INSERT INTO t VALUES (8)')).rejects.toThrow(/denied/);
    await connection.end();
  });

  it('gives a reader of single tables', async () => {
    const connection = await readerConnection(['t']);
    await connection.query('SELECT a FROM t');
    await expect(connection.query('SELECT a FROM u')).rejects.toThrow(/denied/);
    await connection.end();
  });

  it('keeps a binary log, takes large packets and says what it is', async () => {
    const [rows] = await database.connection.query<RowDataPacket[]>(
      'SELECT @@log_bin AS log_bin, @@max_allowed_packet AS packet',
    );
    expect(rows.map((row) => [Number(row['log_bin']), Number(row['packet'])])).toEqual([[1, 2 ** 30]]);
    expect((await serverVersion(database)).version[0]).toBeGreaterThanOrEqual(5);
  });
});

describe('the TCP proxy', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await freshDatabase();
  });
  afterAll(() => database.drop());

  const through = ({ port }: { port: number }) =>
    mysql.createConnection({ host: '127.0.0.1', port, user: database.user, password: database.password });
  const FAR = "SELECT REPEAT('x', 5000000) AS x";

  it('passes everything on and counts it', async () => {
    const proxy = await startTcpProxy(database);
    const connection = await through(proxy);
    const [rows] = await connection.query<RowDataPacket[]>(FAR);
    expect(rows[0]?.['x']).toHaveLength(5_000_000);
    expect(proxy.bytes()).toBeGreaterThan(5_000_000);
    await connection.end();
    await proxy.stop();
  });

  it.each(['close', 'reset'] as const)(
    'cuts in mid-result by %s, after exactly so many bytes',
    async (how) => {
      const proxy = await startTcpProxy(database);
      const connection = await through(proxy);
      const before = proxy.bytes();
      proxy.onBytes(1_000_000, () => proxy.cut(how));
      await expect(connection.query(FAR)).rejects.toThrow(how === 'close' ? /closed/ : /ECONNRESET|closed/);
      expect(proxy.bytes() - before).toBe(1_000_000);
      expect(proxy.connections()).toBe(0);
      await proxy.stop();
    },
  );

  it('hangs without a word, and goes on where it stopped', async () => {
    const proxy = await startTcpProxy(database);
    const connection = await through(proxy);
    const hung = new Promise<void>((resolve) => {
      proxy.onBytes(2_000_000, () => {
        proxy.hang();
        resolve();
      });
    });
    let answered = false;
    const query = connection.query<RowDataPacket[]>(FAR).finally(() => (answered = true));
    await hung;
    const late = connect(proxy.port, '127.0.0.1');
    await once(late, 'connect');
    expect(answered).toBe(false);
    await proxy.resume();
    const [rows] = await query;
    expect(rows[0]?.['x']).toHaveLength(5_000_000);
    late.destroy();
    await connection.end();
    await proxy.stop();
  });

  it('refuses, and accepts again on the same port', async () => {
    const proxy = await startTcpProxy(database);
    const connection = await through(proxy);
    await proxy.refuse();
    await expect(through(proxy)).rejects.toThrow(/ECONNREFUSED/);
    await connection.query('SELECT 1');
    await proxy.resume();
    await (await through(proxy)).end();
    await connection.end();
    await proxy.stop();
  });
});

describe('S3', () => {
  let s3: TestS3;
  let bucket: string;
  beforeAll(async () => {
    s3 = await startS3();
    bucket = await s3.bucket();
  });
  afterAll(() => s3.stop());

  it('keeps objects and tells of them', async () => {
    await s3.client.send(new PutObjectCommand({ Bucket: bucket, Key: 'a/b', Body: 'hello' }));
    expect(await s3.list(bucket)).toEqual(['a/b']);
    expect((await s3.get(bucket, 'a/b')).toString()).toBe('hello');
    expect(await s3.openUploads(bucket)).toEqual([]);
  });

  describe('behind the fault proxy', () => {
    let proxy: S3Proxy;
    let client: S3Client;
    beforeEach(async () => {
      proxy = await startS3Proxy(s3.endpoint);
      client = new S3Client({
        endpoint: proxy.endpoint,
        region: s3.region,
        credentials: s3.credentials,
        forcePathStyle: true,
        maxAttempts: 1,
      });
    });
    afterEach(async () => {
      client.destroy();
      await proxy.stop();
    });
    const put = (key: string, body: string | Buffer = 'x') =>
      client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }));

    it('passes signed requests on', async () => {
      const body = Buffer.alloc(6_000_000, 'abc');
      await put('through', body);
      const object = await client.send(new GetObjectCommand({ Bucket: bucket, Key: 'through' }));
      expect(Buffer.from(await object.Body!.transformToByteArray()).equals(body)).toBe(true);
      expect(proxy.requests().map(({ method, status }) => [method, status])).toEqual([
        ['PUT', 200],
        ['GET', 200],
      ]);
    });

    it.each([
      [{ status: 403 }, 'AccessDenied'],
      [{ status: 500 }, 'InternalError'],
      [{ status: 503 }, 'SlowDown'],
      [{ status: 400, code: 'ExpiredToken' }, 'ExpiredToken'],
    ])('answers with an error, as often as asked: %j', async (failure, name) => {
      const rule = proxy.fail({ ...failure, method: 'PUT', match: /refused/, times: 1 });
      await put('elsewhere');
      await expect(put('refused')).rejects.toMatchObject({ name });
      await put('refused');
      expect(rule.hits()).toBe(1);
    });

    it('breaks off in the middle of a body', async () => {
      proxy.reset({ match: /broken/, afterBytes: 1_000_000 });
      await expect(put('broken', Buffer.alloc(5_000_000))).rejects.toThrow(/ECONNRESET|EPIPE/);
      expect(await s3.list(bucket)).not.toContain('broken');
    });

    it('loses the answer to what was done', async () => {
      proxy.reset({ match: /unanswered/, afterAnswer: true });
      await expect(put('unanswered')).rejects.toThrow(/ECONNRESET|EPIPE/);
      expect(await s3.list(bucket)).toContain('unanswered');
    });

    it('hangs until the client gives up', async () => {
      const rule = proxy.hang({ match: /silent/ });
      const abort = new AbortController();
      const sent = client.send(new PutObjectCommand({ Bucket: bucket, Key: 'silent', Body: 'x' }), {
        abortSignal: abort.signal,
      });
      while (rule.hits() === 0) await new Promise((resolve) => setImmediate(resolve));
      abort.abort();
      await expect(sent).rejects.toMatchObject({ name: 'AbortError' });
      rule.remove();
      await put('silent');
    });
  });
});

describe('the mailbox', () => {
  const mail = { from: 'a@example.com', to: 'b@example.com', subject: 'Grüße', text: 'hello' };

  it('receives and parses', async () => {
    const mailbox = await startMailbox();
    const waiting = mailbox.waitForMail();
    await createTransport({ host: mailbox.host, port: mailbox.port }).sendMail(mail);
    expect((await waiting).map(({ subject, text }) => [subject, text?.trim()])).toEqual([['Grüße', 'hello']]);
    await mailbox.stop();
  });

  it('wants STARTTLS and a login where told so', async () => {
    const mailbox = await startMailbox({ startTls: true, auth: { user: 'u', password: 'p' } });
    const transport = (pass: string) =>
      createTransport({
        host: mailbox.host,
        port: mailbox.port,
        requireTLS: true,
        tls: { rejectUnauthorized: false },
        auth: { user: 'u', pass },
      });
    await expect(transport('wrong').sendMail(mail)).rejects.toMatchObject({ code: 'EAUTH' });
    await transport('p').sendMail(mail);
    expect(mailbox.mails()).toHaveLength(1);
    await mailbox.stop();
  });

  it.each([
    ['connection', 554],
    ['recipient', 550],
    ['message', 452],
  ] as const)('refuses the %s', async (refusal, responseCode) => {
    const mailbox = await startMailbox();
    const transport = createTransport({ host: mailbox.host, port: mailbox.port });
    mailbox.refuse(refusal);
    await expect(transport.sendMail(mail)).rejects.toMatchObject({ responseCode });
    expect(mailbox.mails()).toHaveLength(0);
    mailbox.refuse(null);
    await transport.sendMail(mail);
    expect(mailbox.mails()).toHaveLength(1);
    await mailbox.stop();
  });
});

describe('the data', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await freshDatabase();
  });
  afterAll(() => database.drop());
  const count = async (what: string): Promise<number> => {
    const [rows] = await database.connection.query<RowDataPacket[]>(`SELECT COUNT(*) AS n FROM ${what}`);
    return Number(rows[0]?.['n']);
  };

  it('has the human-resources schema, with rows on both sides of the sample filters', async () => {
    await loadHr(database.connection);
    expect(await count('employees')).toBe(110);
    expect(await count('employees JOIN jobs USING (job_id)')).toBe(110);
    expect(await count('employees WHERE manager_id = 103')).toBe(14);
    expect(await count('employees WHERE manager_id IS NULL')).toBe(4);
    expect(await count("employees WHERE hire_date > '1995-05-05'")).toBe(97);
    expect(await count("employees WHERE hire_date > '1995-05-05' AND manager_id != 103")).toBe(82);
    expect(await count('dependents')).toBe(30);
  });

  it('has a larger table with exactly the rows asked for', async () => {
    await loadLargeTable(database.connection, 12_345);
    expect(await count('events')).toBe(12_345);
    expect(await count('events WHERE id BETWEEN 1 AND 12345')).toBe(12_345);
    expect(await count('events WHERE note IS NULL')).toBe(1_543);
    expect(await count("events WHERE note = ''")).toBe(1_543);
    expect(
      await count(String.raw`events WHERE note LIKE '%\n%' OR note LIKE '%"%' OR note LIKE '%🌊%'`),
    ).toBe(4_629);
  });
});
