/** docs/security.md: each of its GRANTs is needed and enough; its policy has what the code asks of a bucket. */
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { iamPolicy } from '../../src/check/iam-policy.ts';
import { testInstallation, type TestInstallation } from '../support/installation.ts';
import { blocksIn, pageOf, ROOT } from '../support/markdown.ts';
import { serverVersion } from '../support/mysql.ts';

const page = pageOf('docs/security.md');

describe('the database user', () => {
  const ACCOUNT = `docs_${process.pid}`;
  let place: TestInstallation;
  let isMariaDb: boolean;

  beforeAll(async () => {
    place = await testInstallation({ source: { user: ACCOUNT, password: 'choose-a-password' } });
    isMariaDb = (await serverVersion(place.database)).flavor === 'mariadb';
    await place.database.connection.query(`
      CREATE TABLE orders (order_id INT PRIMARY KEY, updated_at TIMESTAMP NOT NULL, INDEX (updated_at));
      CREATE TABLE other (id INT PRIMARY KEY);
      CREATE VIEW recent AS SELECT * FROM orders;
      CREATE FUNCTION one_of(id INT) RETURNS INT DETERMINISTIC RETURN 1;
      INSERT INTO orders VALUES (1, '2026-01-05 10:00:00')`);
  });
  beforeEach(async () => {
    await place.database.connection.query(
      `DROP USER IF EXISTS ${ACCOUNT}@'%'; ${here(blocksIn(page, 'sql')[0]!.text)}`,
    );
  });
  afterAll(async () => {
    await place.database.connection.query(`DROP USER IF EXISTS ${ACCOUNT}@'%'`);
    await place.close();
  });

  function here(sql: string): string {
    return sql.replaceAll("'tidemark'@", `'${ACCOUNT}'@`).replaceAll(' shop.', ` ${place.database.name}.`);
  }

  /** The statement of the table's row that begins so. */
  async function grant(feature: string): Promise<void> {
    const row = page.prose.split('\n').find((line) => line.startsWith(`| ${feature}`));
    const statement = /`((?:GRANT|ALTER)[^`]+;)`/.exec(row ?? '')?.[1];
    if (statement === undefined) throw new Error(`the page has no statement for ${feature}`);
    await place.database.connection.query(here(statement));
  }

  /** Null: it succeeded. */
  async function failureOf(fields: Readonly<Record<string, unknown>>): Promise<string | null> {
    return (await place.run(fields)).error?.code ?? null;
  }

  const ORDERS = { table: { name: 'orders' } };
  const VIEW = { table: { name: 'recent', split_order: 'order_id' } };
  const FUNCTION = { query: { custom: 'SELECT one_of(order_id) AS n FROM orders' } };

  it('reads nothing without a grant', async () => {
    expect(await failureOf(ORDERS)).toMatch(
      /^(ACCESS_DENIED|DATABASE_UNKNOWN|PRIVILEGE_MISSING|TABLE_UNKNOWN)$/,
    );
  });

  it('reads the tables of a database, or one of them', async () => {
    await grant('one table instead');
    expect(await failureOf(ORDERS)).toBeNull();
    expect(await failureOf({ table: { name: 'other' } })).toMatch(/^(PRIVILEGE_MISSING|TABLE_UNKNOWN)$/);
    await grant('all tables of a database');
    expect(await failureOf({ table: { name: 'other' } })).toBeNull();
  });

  it('estimates views', async () => {
    await grant('all tables of a database');
    const unexplained = async (): Promise<boolean> => {
      const { error, logTail } = await place.run(VIEW);
      expect(error).toBeNull();
      return logTail.some((line) => line.includes('SHOW VIEW'));
    };
    expect(await unexplained()).toBe(true);
    await grant('views');
    expect(await unexplained()).toBe(false);
  });

  it('calls stored functions', async () => {
    await grant('all tables of a database');
    expect(await failureOf(FUNCTION)).toBe('PRIVILEGE_MISSING');
    await grant('custom queries that call');
    expect(await failureOf(FUNCTION)).toBeNull();
  });

  it('sees open transactions', async () => {
    const fields = {
      table: { name: 'orders', cdc: { updated_at: { mode: 'watermark', initial: '2026-01-01' } } },
    };
    const blind = async (): Promise<boolean> => {
      const { error, logTail } = await place.run(fields);
      expect(error).toBeNull();
      return logTail.some((line) => line.includes('GRANT PROCESS'));
    };
    await grant('all tables of a database');
    expect(await blind()).toBe(true);
    await grant('watermarks on times');
    expect(await blind()).toBe(false);
  });

  it('keeps writers out of tables', async () => {
    const locked = { ...ORDERS, consistency: 'locked' };
    await grant('all tables of a database');
    expect(await failureOf(locked)).toBe('CONSISTENCY_UNPROVEN');
    await grant('`"consistency": "locked"`');
    expect(await failureOf(locked)).toBeNull();
    // That of the whole server would keep out everybody else's, too: tests/integration/agree-locked.test.ts has one of its own.
    await grant('the same for custom queries');
    await grant('several connections, MySQL without GTIDs');
  });

  it('may be told the state of replication', async () => {
    await grant('all tables of a database');
    await grant(`watermarks on a replica, ${isMariaDb ? 'MariaDB' : 'MySQL'}`);
    expect(await failureOf(ORDERS)).toBeNull();
  });
});

describe('the policy', () => {
  const block = blocksIn(page, 'json').find(({ text }) => text.includes('"Statement"'));
  const policy = JSON.parse(block!.text) as { Statement: { Action: string[] }[] };

  it('is the one that check prints', () => {
    const target = {
      bucket: 'my-exports',
      region: 'eu-west-1',
      prefixes: ['tidemark/'],
      kmsKey: '0a1b2c3d-0000-0000-0000-000000000000',
    };
    expect(policy).toEqual(JSON.parse(iamPolicy(target)));
  });

  it('allows every request that the code makes, and nothing else', () => {
    // https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
    const ACTIONS: Readonly<Record<string, readonly string[]>> = {
      CreateMultipartUpload: ['s3:PutObject'],
      UploadPart: ['s3:PutObject'],
      CompleteMultipartUpload: ['s3:PutObject'],
      PutObject: ['s3:PutObject'],
      AbortMultipartUpload: ['s3:AbortMultipartUpload'],
      ListMultipartUploads: ['s3:ListBucketMultipartUploads'],
      DeleteObject: ['s3:DeleteObject'],
      GetObject: ['s3:GetObject', 's3:ListBucket'],
      HeadObject: ['s3:GetObject', 's3:ListBucket'],
      GetBucketEncryption: ['s3:GetEncryptionConfiguration'],
    };
    const commands = globSync('src/**/*.ts', { cwd: ROOT }).flatMap((file) =>
      [...readFileSync(path.join(ROOT, file), 'utf8').matchAll(/new (\w+)Command\(/g)].map(
        (match) => match[1]!,
      ),
    );
    const asked = new Set(commands.flatMap((command) => ACTIONS[command] ?? [`an action for ${command}`]));
    const allowed = policy.Statement.flatMap(({ Action }) => Action).filter((one) => one.startsWith('s3:'));
    expect([...asked].toSorted()).toEqual(allowed.toSorted());
  });

  it('is explained, action by action', () => {
    const explained = [...page.prose.matchAll(/^\| `((?:s3|kms):[\w…]+)`/gm)].map((match) => match[1]!);
    const actions = policy.Statement.flatMap(({ Action }) => Action);
    const families = actions.map((one) => (one.startsWith('kms:') ? 'kms:…' : one));
    expect(new Set(explained)).toEqual(new Set(families));
  });
});
