/** Which names a request may call the server by. */
import { isOwnHost } from '../../../src/http/own-host.ts';

const NAMES = ['Tidemark.example.com', 'tidemark'];

it.each([
  'localhost',
  'LOCALHOST:9464',
  'localhost.',
  'tidemark.localhost:9464',
  '127.0.0.1',
  '127.0.0.1:9464',
  '10.1.2.3:9464',
  '0.0.0.0:9464',
  '[::1]',
  '[::1]:9464',
  '[::ffff:10.1.2.3]:9464',
  'tidemark.example.com',
  'TIDEMARK.example.com.:443',
  'tidemark:9464',
])('takes %s for its own', (host) => {
  expect(isOwnHost(host, NAMES)).toBe(true);
});

it.each([
  '',
  'evil.example',
  'evil.example:9464',
  'example.com',
  'a.tidemark.example.com',
  'tidemark.example.com.evil.example',
  'nottidemark',
  'localhost.evil.example',
  'evillocalhost',
  '127.0.0.1.evil.example',
  '127.0.0.1@evil.example',
  'evil.example#127.0.0.1',
  '2130706433',
  '0x7f.0.0.1',
  '::1',
  '[::1].evil.example',
  '[127.0.0.1]',
  '[evil.example]',
  'localhost:9464:9464',
  'localhost:port',
  '.',
])('takes %s for a stranger', (host) => {
  expect(isOwnHost(host, NAMES)).toBe(false);
});

it('takes nobody for a stranger who names no host, which no browser does', () => {
  expect(isOwnHost(undefined, [])).toBe(true);
});
