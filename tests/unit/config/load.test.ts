import { resolve } from 'node:path';
import { FaultsError } from '../../../src/errors.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { faultsOf, folder, load, MINIMAL, write } from './files.ts';

const NO_CONFIG_ENV = {};

describe('loadConfig', () => {
  it('fills in every default', () => {
    const config = load(MINIMAL);
    expect(config).toEqual({
      file: resolve(folder, 'config.json'),
      sources: {
        mysql: {
          type: 'mysql',
          host: '127.0.0.1',
          port: 3306,
          user: 'tidemark',
          password: '',
          database: 'hr',
          tls: 'preferred',
          tls_ca: null,
          connect_timeout_ms: 10_000,
          idle_timeout_ms: 300_000,
          max_connections: null,
          max_load: null,
          rate_limit_mb_per_s: null,
          blackout: [],
        },
      },
      sinks: {
        s3: {
          type: 's3',
          bucket: 'exports',
          region: 'us-east-1',
          prefix: '',
          endpoint: null,
          force_path_style: false,
          access_key_id: null,
          secret_access_key: null,
          session_token: null,
          server_side_encryption: null,
          kms_key_id: null,
          checksum: 'crc32',
          part_size_mb: 8,
          upload_concurrency: 4,
          request_timeout_ms: 60_000,
        },
      },
      smtp: null,
      masking: { hmac_key: null },
      notify: {
        repeat_after_ms: [3_600_000, 21_600_000, 86_400_000],
        retry_delay_ms: 60_000,
        retry_delay_max_ms: 3_600_000,
        give_up_after_ms: 259_200_000,
        webhook: null,
        digest: null,
      },
      specs_dir: resolve('specs'),
      state_dir: resolve('state'),
      logs_dir: resolve('logs'),
      transforms_dir: resolve('transforms'),
      default_spec: resolve('specs/employees.json'),
      batch_threshold_mb: 256,
      parallelism: 1,
      executor: { type: 'embedded' },
      ha: false,
      memory_limit_mb: 1024,
      max_concurrent_tasks: 2,
      timezone: 'UTC',
      shutdown_grace_ms: 30_000,
      history_retention: { text: '90 days', months: 0, milliseconds: 90 * 86_400_000 },
      watch: { polling: false, interval_ms: 2_000 },
      log_level: 'info',
      logs_retention: { text: '90 days', months: 0, milliseconds: 90 * 86_400_000 },
      log_rotation: { max_bytes: 50_000_000, max_age_ms: 7 * 86_400_000, max_files: 20 },
      http: { host: '127.0.0.1', port: 9464, allowed_hosts: [], token: null },
      substituted_secrets: [],
    });
  });

  it('reads the config that comes with Tidemark', () => {
    const config = loadConfig({ file: 'config/config.json', env: { MYSQL_PASSWORD: 'secret' } });
    expect(config.sources['mysql']?.password).toBe('secret');
    expect(config.smtp).toEqual({
      host: 'smtp.example.com',
      port: 587,
      secure: 'auto',
      tls_ca: null,
      user: null,
      password: null,
      from: 'tidemark@example.com',
      admin: 'data-platform@example.com',
    });
  });

  it('can do without mail and without HTTP', () => {
    expect(load({ ...MINIMAL, smtp: null, http: null })).toMatchObject({ smtp: null, http: null });
  });

  it('keeps absolute folders and takes others from the working directory', () => {
    const config = load({ ...MINIMAL, specs_dir: '/srv/specs', logs_dir: '../logs' });
    expect(config).toMatchObject({ specs_dir: '/srv/specs', logs_dir: resolve('../logs') });
  });

  it('lists every fault at once, with line and column', () => {
    const text = `{
  "sources": { "mysql": { "user": "u", "database": "d", "prot": 3307, "idle_timeout": "5 minuts" } },
  "sinks": { "s3": { "bucket": "b", "part_size_mb": 4, "endpoint": "127.0.0.1:9000" } },
  "timezone": "Europe/Berln",
  "http": { "port": "80" },
  "log_level": "debgu"
}`;
    const file = write('faulty.json', text);
    const found = (() => {
      try {
        return loadConfig({ file, env: NO_CONFIG_ENV });
      } catch (error) {
        return error;
      }
    })();
    expect(found).toBeInstanceOf(FaultsError);
    const { code, faults } = found as FaultsError;
    expect(code).toBe('CONFIG_INVALID');
    expect(faults.map(({ line, column, path }) => [line, column, path])).toEqual([
      [2, 57, 'sources.mysql.prot'],
      [2, 87, 'sources.mysql.idle_timeout'],
      [3, 53, 'sinks.s3.part_size_mb'],
      [3, 68, 'sinks.s3.endpoint'],
      [4, 15, 'timezone'],
      [5, 21, 'http.port'],
      [6, 16, 'log_level'],
    ]);
    const said = faults.map(({ message }) => message);
    expect(said[0]).toContain('Did you mean "port"?');
    expect(said[2]).toBe('found 4. Allowed: 5 to 512.');
    expect(said[4]).toContain('Did you mean "Europe/Berlin"?');
    expect(said[6]).toContain('Did you mean "debug"?');
  });

  it.each([
    [{ sinks: MINIMAL.sinks }, 'sources: is missing; it is required'],
    [
      { ...MINIMAL, sources: {} },
      'sources: found an empty object. Allowed: an object of at least one named source.',
    ],
    [{ ...MINIMAL, sources: { a__b: MINIMAL.sources.mysql } }, 'sources.a__b: found the name "a__b".'],
    [{ ...MINIMAL, sources: { 'a b': MINIMAL.sources.mysql } }, 'sources["a b"]: found the name "a b".'],
    [{ ...MINIMAL, parallelism: 0 }, 'parallelism: found 0. Allowed: an integer from 1 to 64.'],
    [
      { ...MINIMAL, shutdown_grace: '1 month' },
      'shutdown_grace: found "1 month"; months and years have no fixed length. Allowed: a span of time',
    ],
    [{ ...MINIMAL, shutdown_grace: '25 days' }, 'shutdown_grace: found "25 days". Allowed: a span of time'],
    [
      { ...MINIMAL, history_retention: '3 hours' },
      'history_retention: found "3 hours". Allowed: a span of time of at least',
    ],
    [
      { ...MINIMAL, history_retention: 90 },
      'history_retention: found 90. Allowed: a span of time of at least',
    ],
    [{ ...MINIMAL, shutdown_grace: 30 }, 'shutdown_grace: found 30. Allowed: a span of time'],
    [
      { ...MINIMAL, sinks: { s3: { bucket: 'b', access_key_id: 'a' } } },
      'sinks.s3.secret_access_key: is missing beside access_key_id.',
    ],
    [
      { ...MINIMAL, sinks: { s3: { bucket: 'b', secret_access_key: 'a' } } },
      'sinks.s3.access_key_id: is missing beside the secret.',
    ],
    [
      { ...MINIMAL, sinks: { s3: { bucket: 'b', kms_key_id: 'a' } } },
      'sinks.s3.kms_key_id: found a key, but no encryption',
    ],
    [
      { ...MINIMAL, smtp: { host: 'h', from: 'a@b', admin: 'a@b', password: 'x' } },
      'smtp.user: is missing beside the password.',
    ],
    [
      { ...MINIMAL, smtp: { host: 'h', from: 'a@b\nBcc: c@d', admin: 'a@b' } },
      'smtp.from: found "a@b\\nBcc: c@d". Allowed: one e-mail address',
    ],
  ])('refuses %j', (document, expected) => {
    expect(faultsOf(document)).toEqual([expect.stringContaining(expected)]);
  });

  it.each([
    [[], /1 to 20 spans/],
    ['1 hour', /1 to 20 spans/],
    [['1 hour', 'soon'], /notify\.repeat_after\[1\].*"soon"/],
    [['1 hour', 5], /notify\.repeat_after\[1\]/],
  ])('refuses to repeat mails after %j', (repeat_after, said) => {
    expect(faultsOf({ ...MINIMAL, notify: { repeat_after } })).toEqual([expect.stringMatching(said)]);
  });

  it.each([
    [{ logs_retention: '1 hour' }, /^logs_retention: .*at least a day, such as "90 days"/],
    [{ log_rotation: { max_age: '1 month' } }, /^log_rotation.max_age: .*no fixed length.*"7 days"/],
    [{ log_rotation: { max_mb: 0 } }, /^log_rotation.max_mb: .*greater than 0/],
    [{ log_rotation: { max_file: 3 } }, /^log_rotation.max_file: .*Did you mean "max_files"/],
    [
      { http: { allowed_hosts: ['http://tidemark.example.com'] } },
      /^http.allowed_hosts\[0\]: .*without "http:\/\/"/,
    ],
    [{ http: { allowed_hosts: ['tidemark:9464'] } }, /^http.allowed_hosts\[0\]: .*without a port/],
    [{ http: { allowed_hosts: 'tidemark' } }, /^http.allowed_hosts: .*a list of up to 50 names/],
  ])('refuses %j', (settings, fault) => {
    expect(faultsOf({ ...MINIMAL, ...settings })).toEqual([expect.stringMatching(fault)]);
  });

  it('keeps logs as long as the history, or as it is told', () => {
    expect(load({ ...MINIMAL, history_retention: '1 year' }).logs_retention.text).toBe('1 year');
    expect(load({ ...MINIMAL, logs_retention: '2 days', log_rotation: null })).toMatchObject({
      logs_retention: { milliseconds: 172_800_000 },
      log_rotation: null,
    });
  });

  it.each([
    ['https://hooks.example.com/services/T0/B0/s3cr3t', null],
    ['http://127.0.0.1:9000/s3cr3t', null],
    ['http://[::1]/s3cr3t', null],
    [
      'http://hooks.example.com/s3cr3t',
      'found an http:// URL of another machine. Allowed: a URL that begins with https://',
    ],
    ['ftp://hooks.example.com/s3cr3t', 'found a URL that begins with ftp://. Allowed'],
    ['s3cr3t', 'found a text that is no URL. Allowed'],
  ])('says of the webhook %s, without showing it: %s', (url, fault) => {
    const document = { ...MINIMAL, notify: { webhook: { url } } };
    if (fault === null) {
      expect(load(document).notify.webhook).toEqual({ url, timeout_ms: 10_000 });
      return;
    }
    const faults = faultsOf(document);
    expect(faults).toEqual([expect.stringContaining(`notify.webhook.url: ${fault}`)]);
    expect(faults.join()).not.toContain('s3cr3t');
  });

  it('takes a sender with a name', () => {
    const smtp = { host: 'h', from: 'Tidemark <tidemark@example.com>', admin: 'a@b' };
    expect(load({ ...MINIMAL, smtp }).smtp?.from).toBe('Tidemark <tidemark@example.com>');
  });

  it('takes the file from the option, then from TIDEMARK_CONFIG', () => {
    const one = write('one.json', JSON.stringify({ ...MINIMAL, timezone: 'Europe/Berlin' }));
    const two = write('two.json', JSON.stringify({ ...MINIMAL, timezone: 'Asia/Kolkata' }));
    expect(loadConfig({ env: { TIDEMARK_CONFIG: one } })).toMatchObject({
      file: one,
      timezone: 'Europe/Berlin',
    });
    expect(loadConfig({ file: two, env: { TIDEMARK_CONFIG: one } })).toMatchObject({
      file: two,
      timezone: 'Asia/Kolkata',
    });
  });

  it('says how to make a config where there is none', () => {
    const file = resolve(folder, 'nowhere.json');
    expect(() => loadConfig({ file, env: {} })).toThrow(
      new RegExp(
        `^${file}:1:1 there is no such file\\. Make one with at least a source and a sink[^]*"sources"`,
      ),
    );
    expect(() => loadConfig({ file: folder, env: {} })).toThrow('the file cannot be read (EISDIR)');
  });

  it('reports a config that is not JSON', () => {
    expect(faultsOf('{ // comment\n}')).toEqual([': found a comment; JSON has none (at "// comment")']);
  });

  it('does not show a secret of the wrong type', () => {
    const found = faultsOf({
      ...MINIMAL,
      sources: { mysql: { user: 'u', database: 'd', password: 48151623 } },
    });
    expect(found).toEqual([
      'sources.mysql.password: found a secret that does not fit. Allowed: a text or null.',
    ]);
  });

  it('does not show credentials in a URL', () => {
    const found = faultsOf({
      ...MINIMAL,
      sinks: { s3: { bucket: 'b', endpoint: 'http://key:hunter2@host' } },
    });
    expect(found).toEqual([expect.stringContaining('sinks.s3.endpoint: found a URL with a user.')]);
    expect(found.join()).not.toContain('hunter2');
  });
});
