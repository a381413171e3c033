/** What any thread of the process reads from a server is known to all, whichever config it began with. */
import { openSourceReadings } from '../../../src/commands/source-readings.ts';
import { sharedReading } from '../../../src/lanes/shared-reading.ts';

const DB = { host: 'db', port: 3306 };

it('counts what threads read where this one asks, and the other way round', () => {
  const readings = openSourceReadings();
  const shop = readings.of('shop', DB);
  const [one, two] = [1, 2].map(() => sharedReading(shop.memory, shop.take()));
  for (const count of [one!, one!, two!, shop.own]) count.add(1);
  expect([shop.own, one!, two!].map((count) => count.results())).toEqual([4, 4, 4]);
  expect(readings.of('shop', { ...DB }).own.results()).toBe(4);
  one!.add(-1);
  expect(shop.own.results()).toBe(3);
});

it('begins anew where the name means another server', () => {
  const readings = openSourceReadings();
  readings.of('shop', DB).own.add(1);
  expect(readings.of('shop', { ...DB, host: 'other' }).own.results()).toBe(0);
  expect(readings.of('stock', DB).own.results()).toBe(0);
});
