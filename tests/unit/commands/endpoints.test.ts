/** The config's settings as source and sink take them. */
import { sinkOptions, sourceOptions } from '../../../src/commands/endpoints.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { CONFIG, write } from './folder.ts';

const configOf = (sink: object): ReturnType<typeof loadConfig> =>
  loadConfig({
    file: write('c.conf', { ...CONFIG, sinks: { s3: { bucket: 'exports', ...sink } } }),
    env: {},
  });

it('hands a source over', () => {
  expect(sourceOptions(configOf({}).sources['mysql']!)).toMatchObject({
    host: '127.0.0.1',
    port: 3306,
    user: 'tidemark',
    password: 'hunter2',
    database: 'hr',
  });
});

it('hands a sink over, its parts in bytes and credentials only where both halves are given', () => {
  expect(sinkOptions(configOf({ part_size_mb: 6 }).sinks['s3']!)).toMatchObject({
    bucket: 'exports',
    partBytes: 6 * 1024 * 1024,
    credentials: null,
  });
  const keys = { access_key_id: 'id', secret_access_key: 'secret' };
  expect(sinkOptions(configOf(keys).sinks['s3']!).credentials).toEqual({
    accessKeyId: 'id',
    secretAccessKey: 'secret',
    sessionToken: null,
  });
});
