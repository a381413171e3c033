/** Runs of an old config and of a new one share the cap of a server. */
import type { Config } from '../../../src/config/config.ts';
import { openSourceCaps } from '../../../src/commands/source-caps.ts';

const NEVER = new AbortController().signal;
const sources = (most: number | null, host = 'db'): Config['sources'] =>
  ({ shop: { host, port: 3306, max_connections: most } }) as unknown as Config['sources'];

it('counts what an old config has open, also one without a cap', async () => {
  const caps = openSourceCaps();
  const old = caps.adopt(sources(null))('shop');
  const places = [await old.reader(NEVER), await old.reader(NEVER)];
  const cap = caps.adopt(sources(3))('shop');
  expect([cap.max, cap.freeReader()]).toEqual([3, null]);
  // What the old one still asks for counts as well.
  expect(old.freeReader()).toBeNull();
  places[0]!();
  expect(cap.freeReader()).not.toBeNull();
  expect(old.freeReader()).toBeNull();
});

it('begins anew where the name means another server', async () => {
  const caps = openSourceCaps();
  await caps.adopt(sources(2))('shop').reader(NEVER);
  expect(caps.adopt(sources(2, 'other'))('shop').freeReader()).not.toBeNull();
  expect(caps.adopt(sources(2))('shop').freeReader()).toBeNull();
});

it('knows the sources of its own config alone', () => {
  const caps = openSourceCaps();
  caps.adopt(sources(2));
  expect(() => caps.adopt({})('shop')).toThrow('The config has no source "shop".');
});
