import { secretsOf } from '../../../src/config/config.ts';
import { secretsInUrl } from '../../../src/config/secret-url.ts';
import { faultsOf, load, MINIMAL, write } from './files.ts';

function withMysql(settings: object): object {
  return { ...MINIMAL, sources: { mysql: { ...MINIMAL.sources.mysql, ...settings } } };
}

describe('the environment', () => {
  it('holds a list with commas, and names its fault', () => {
    const name = 'TIDEMARK_NOTIFY__REPEAT_AFTER';
    expect(load(MINIMAL, { env: { [name]: '2 hours, 3 days' } }).notify.repeat_after_ms).toEqual([
      7_200_000, 259_200_000,
    ]);
    expect(faultsOf(MINIMAL, { env: { [name]: '2 hours, soon' } })).toEqual([
      expect.stringMatching(/^\[environment variable TIDEMARK_NOTIFY__REPEAT_AFTER\] .*found "soon"/),
    ]);
  });

  it('beats the file, and flags beat both', () => {
    const env = { TIDEMARK_BATCH_THRESHOLD_MB: '2.5' };
    expect(load({ ...MINIMAL, batch_threshold_mb: 1 }, { env }).batch_threshold_mb).toBe(2.5);
    const overrides = { batch_threshold_mb: '3', 'http.port': '0' };
    expect(load(MINIMAL, { env, overrides })).toMatchObject({ batch_threshold_mb: 3, http: { port: 0 } });
  });

  it('reaches every kind of setting', () => {
    const env = {
      TIDEMARK_SPECS_DIR: '/srv/specs',
      TIDEMARK_HTTP__PORT: '8080',
      TIDEMARK_WATCH__POLLING: 'true',
      TIDEMARK_WATCH__INTERVAL: '500ms',
      TIDEMARK_SOURCES__MYSQL__HOST: 'db',
      TIDEMARK_SOURCES__MYSQL__PASSWORD: '12345',
      TIDEMARK_SINKS__S3__FORCE_PATH_STYLE: 'true',
      TIDEMARK_SINKS__S3__SERVER_SIDE_ENCRYPTION: 'aws:kms',
      TIDEMARK_SMTP__HOST: 'mail',
      TIDEMARK_SMTP__FROM: 'a@b',
      TIDEMARK_SMTP__ADMIN: 'c@d',
      PATH: '/bin',
    };
    expect(load(MINIMAL, { env })).toMatchObject({
      specs_dir: '/srv/specs',
      http: { port: 8080 },
      watch: { polling: true, interval_ms: 500 },
      sources: { mysql: { host: 'db', password: '12345' } },
      sinks: { s3: { force_path_style: true, server_side_encryption: 'aws:kms' } },
      smtp: { host: 'mail', from: 'a@b', admin: 'c@d' },
    });
  });

  it('can add a source, and finds one whose name has other characters', () => {
    const env = {
      TIDEMARK_SOURCES__REPLICA_1__USER: 'u',
      TIDEMARK_SOURCES__REPLICA_1__DATABASE: 'd',
      TIDEMARK_SOURCES__EU_WEST__HOST: 'eu',
    };
    const config = load({ ...MINIMAL, sources: { 'EU-west': MINIMAL.sources.mysql } }, { env });
    expect(config.sources).toMatchObject({
      replica_1: { user: 'u', database: 'd' },
      'EU-west': { host: 'eu' },
    });
  });

  it('clears with null what may be null, and an empty variable is not set', () => {
    const env = { TIDEMARK_HTTP: 'null', TIDEMARK_SINKS__S3__ENDPOINT: 'null', TIDEMARK_TIMEZONE: '' };
    const sinks = { s3: { bucket: 'b', endpoint: 'http://127.0.0.1:9000' } };
    expect(load({ ...MINIMAL, sinks }, { env })).toMatchObject({
      http: null,
      sinks: { s3: { endpoint: null } },
      timezone: 'UTC',
    });
  });

  it.each([
    ['TIDEMARK_HTP__PORT', 'Did you mean "TIDEMARK_HTTP__PORT"?'],
    ['TIDEMARK_SPEC_DIR', 'Did you mean "TIDEMARK_SPECS_DIR"?'],
    ['TIDEMARK_SOURCES__MYSQL__HOTS', 'Did you mean "TIDEMARK_SOURCES__MYSQL__HOST"?'],
    ['TIDEMARK_CONFIGS', 'Did you mean "TIDEMARK_CONFIG"?'],
    ['TIDEMARK_', 'belongs to no setting. Allowed:'],
    ['TIDEMARK___PROTO____X', 'belongs to no setting'],
  ])('refuses %s', (name, expected) => {
    const found = faultsOf(MINIMAL, { env: { [name]: '1' } });
    expect(found).toEqual([expect.stringContaining(expected)]);
    expect(found[0]).toMatch(`[environment variable ${name}]`);
  });

  it('names the variable or the command line where a value does not fit', () => {
    expect(faultsOf(MINIMAL, { env: { TIDEMARK_HTTP__PORT: '80x' } })).toEqual([
      '[environment variable TIDEMARK_HTTP__PORT] http.port: found "80x". Allowed: a whole number.',
    ]);
    expect(faultsOf(MINIMAL, { overrides: { batch_threshold_mb: 'x' } })).toEqual([
      '[command line] batch_threshold_mb: found "x". Allowed: a number greater than 0 and at most 5000000.',
    ]);
  });
});

describe('${…} in texts', () => {
  it('stands for variables and files, also within a text, and for numbers', () => {
    const file = write('password', 'p"w\n\n');
    const env = { HOST: 'db', PORT: '3307', EMPTY: '' };
    const mysql = {
      host: '${HOST}.${HOST}',
      port: '${PORT}',
      password: `\${file:${file}}`,
      user: '$${HOST}',
      tls_ca: '${EMPTY}',
    };
    expect(load(withMysql(mysql), { env }).sources['mysql']).toMatchObject({
      host: 'db.db',
      port: 3307,
      password: 'p"w\n',
      user: '${HOST}',
      tls_ca: null,
    });
  });

  it.each([
    ['${NOPE}', 'names the environment variable NOPE, which is not set.'],
    ['${file:/nope/x}', 'names the file "/nope/x", which does not exist.'],
    ['${file:/}', 'names the file "/", which is a folder.'],
    ['${NOPE', 'found "${" without a "}".'],
    ['${}', 'found "${}". Allowed: ${ENV_NAME}, ${file:/path}'],
    ['${A-B}', 'found "${A-B}". Allowed:'],
  ])('refuses %s, once', (text, expected) => {
    for (const setting of ['password', 'port']) {
      expect(faultsOf(withMysql({ [setting]: text }))).toEqual([
        expect.stringContaining(`sources.mysql.${setting}: ${expected}`),
      ]);
    }
  });

  it('is not read in values of the environment, so that any password can stand there', () => {
    const env = { TIDEMARK_SOURCES__MYSQL__PASSWORD: 'a${b' };
    expect(load(MINIMAL, { env }).sources['mysql']?.password).toBe('a${b');
  });

  it.each([{ port: '${SECRET}' }, { idle_timeout: '${SECRET}' }, { tls: '${SECRET}' }])(
    'never shows what it stands for: %j',
    (mysql) => {
      const found = faultsOf(withMysql(mysql), { env: { SECRET: 'hunter2' } });
      expect(found).toEqual([expect.stringContaining('found what ${SECRET} stands for.')]);
      expect(found.join()).not.toContain('hunter2');
    },
  );
});

it('takes the URL of a webhook for a secret, and each part of it that could be a key', () => {
  const url =
    'https://hooks.example.com/services/T0AAAAAAA/B0BBBBBBB/c0ffee-c0ffee-c0ffee?key=0123456789abcdef';
  expect(secretsInUrl(url)).toEqual(
    expect.arrayContaining([
      url,
      '/services/T0AAAAAAA/B0BBBBBBB/c0ffee-c0ffee-c0ffee',
      'c0ffee-c0ffee-c0ffee',
      '0123456789abcdef',
    ]),
  );
  // Words of every log line are none.
  expect(secretsInUrl('https://chat.example.com/hooks/orders')).toEqual([
    'https://chat.example.com/hooks/orders',
    'https://chat.example.com/hooks/orders',
    '/hooks/orders',
    '/hooks/orders',
  ]);
});

describe('secretsOf', () => {
  it('lists every secret and what went into it, the longest first', () => {
    const config = load(
      {
        sources: {
          mysql: { ...MINIMAL.sources.mysql, host: '${HOST}', password: 'pre-${DB}' },
          other: MINIMAL.sources.mysql,
        },
        sinks: {
          s3: { bucket: 'b', access_key_id: 'AKIA', secret_access_key: 'key', session_token: 'token' },
        },
        smtp: { host: 'h', from: 'a@b', admin: 'a@b', user: 'u', password: 'mailpassword' },
      },
      { env: { HOST: 'db.example.com', DB: 'hunter2' } },
    );
    expect(secretsOf(config)).toEqual(['mailpassword', 'pre-hunter2', 'hunter2', 'token', 'key']);
  });
});

describe('masking.hmac_key', () => {
  const named = { ...MINIMAL, masking: { hmac_key: '${TIDEMARK_HMAC_KEY}' } };

  it('is null where nobody sets it', () => {
    expect(load(MINIMAL).masking).toEqual({ hmac_key: null });
  });

  it('may come from a variable that is no setting of its own, as the file names it', () => {
    const env = { TIDEMARK_HMAC_KEY: 'secret-of-masks' };
    const config = load(named, { env });
    expect(config.masking.hmac_key).toBe('secret-of-masks');
    expect(secretsOf(config)).toEqual(['secret-of-masks']);
    expect(faultsOf(MINIMAL, { env })).toEqual([
      expect.stringContaining('[environment variable TIDEMARK_HMAC_KEY] : belongs to no setting.'),
    ]);
  });

  it('may come from its own variable, and is not shown where it does not fit', () => {
    const env = { TIDEMARK_MASKING__HMAC_KEY: 'secret-of-masks' };
    expect(load(MINIMAL, { env }).masking.hmac_key).toBe('secret-of-masks');
    const [fault] = faultsOf({ ...MINIMAL, masking: { hmac_key: ['secret-of-masks'] } });
    expect(fault).toContain('masking.hmac_key: found');
    expect(fault).not.toContain('secret-of-masks');
  });

  it('is no empty text', () => {
    expect(faultsOf({ ...MINIMAL, masking: { hmac_key: '' } })).toEqual([
      expect.stringContaining('masking.hmac_key: found a secret that does not fit'),
    ]);
  });
});
