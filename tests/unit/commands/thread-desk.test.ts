/** What a thread leaves behind when it dies is nobody's: the others go on as if it had given it back. */
import { threadDesk } from '../../../src/commands/thread-desk.ts';
import type { Config } from '../../../src/config/config.ts';
import type { LaneSetup } from '../../../src/lane-ports.ts';
import { newSharedReading, sharedReading } from '../../../src/lanes/shared-reading.ts';
import { connectionCap } from '../../../src/sources/mysql/connection-cap.ts';

const config = {
  sources: { shop: {} },
  sinks: { s3: {} },
  masking: { hmac_key: null },
} as unknown as Config;
const setup = { source: 'shop', sink: 's3' } as LaneSetup;

function here() {
  const cap = connectionCap(3);
  const reading = newSharedReading();
  let open = 0;
  const meter = { connections: (_: string, change: 1 | -1) => void (open += change), partSent: () => {} };
  const desk = () => threadDesk({ config, cap: () => cap, reading: () => reading, meter });
  return { desk, open: () => open };
}

it('gives on the connection for questions that a dead thread had, and not to one that waited there', async () => {
  const { desk } = here();
  const [dead, alive] = [desk(), desk()];
  await dead.takeAside('shop');
  const waited = dead.takeAside('shop');
  const next = alive.takeAside('shop');
  dead.gone();
  await expect(waited).rejects.toMatchObject({ name: 'AbortError' });
  alive.giveAside(await next);
  alive.giveAside(await alive.takeAside('shop'));
});

it('counts its connections no more', () => {
  const { desk, open } = here();
  const [dead, alive] = [desk(), desk()];
  for (const change of [1, 1, -1, 1] as const) dead.connection('shop', change);
  alive.connection('shop', 1);
  dead.gone();
  expect(open()).toBe(1);
});

it('counts the results no more that it read, nor those of the thread that comes after it', () => {
  const { desk } = here();
  const counted = (one: ReturnType<typeof desk>) => {
    const { memory, cell } = one.work(setup).source.reading;
    return sharedReading(memory, cell);
  };
  const [dead, alive] = [desk(), desk()];
  const [ofDead, ofAlive] = [counted(dead), counted(alive)];
  ofDead.add(1);
  counted(dead).add(1);
  ofAlive.add(1);
  expect([ofDead.results(), ofAlive.results()]).toEqual([3, 3]);
  dead.gone();
  expect(ofAlive.results()).toBe(1);
  expect(counted(desk()).results()).toBe(1);
});
