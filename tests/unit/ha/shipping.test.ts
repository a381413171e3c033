import { TidemarkError } from '../../../src/errors.ts';
import { openShipping, type ShippingOptions } from '../../../src/ha/shipping.ts';
import { positionOf } from '../../../src/state/changes.ts';
import { pauseTask } from '../../../src/state/pauses.ts';
import { lead } from '../../../src/state/replica.ts';
import { stateDb } from '../state/folder.ts';

const code = (wanted: string) => expect.objectContaining({ code: wanted });
const STOP = new TidemarkError('INTERRUPTED', 'Tidemark was asked to stop');

/** A leader's state, and a Redis that has all it was sent, while it is there. */
function setUp(options: Partial<ShippingOptions> = {}) {
  const db = stateDb();
  lead(db, 1, () => 'lineage');
  const redis = { away: false, asked: 0, seq: 0 };
  const shipping = openShipping({
    shared: {
      append(_token, _before, changes) {
        redis.asked++;
        if (redis.away) return Promise.reject(new TidemarkError('REDIS_UNREACHABLE', 'it is away'));
        redis.seq = changes.at(-1)?.seq ?? redis.seq;
        const digest = changes.at(-1)?.digest ?? positionOf(db)!.digest;
        return Promise.resolve({ seq: redis.seq, digest });
      },
    },
    db,
    token: 1,
    lose: (why) => new TidemarkError('LEADERSHIP_LOST', why),
    hold: () => Promise.resolve(),
    reseed: () => Promise.resolve(0),
    proven: () => {},
    ...options,
  });
  const change = (task: string): void => pauseTask(db, task, { actor: 'a@b', at: new Date() });
  return { redis, shipping, change };
}

it('goes on telling Redis, where that answers, once nobody waits for it any more', async () => {
  const { redis, shipping, change } = setUp();
  shipping.giveUp(STOP);
  change('a');
  await shipping.settled();
  expect(redis.seq).toBe(1);
});

it('waits for Redis, unless it was told to give up', async () => {
  const { redis, shipping } = setUp();
  redis.away = true;
  const waiting = shipping.settled();
  shipping.giveUp(STOP);
  await expect(waiting).rejects.toEqual(code('INTERRUPTED'));
  await expect(shipping.settled()).rejects.toEqual(code('INTERRUPTED'));
  redis.away = false;
  await expect(shipping.settled()).resolves.toBeUndefined();
});

it('asks nobody who gives up by itself to wait', async () => {
  const { redis, shipping } = setUp();
  redis.away = true;
  await expect(shipping.settled(AbortSignal.abort(STOP))).rejects.toEqual(code('INTERRUPTED'));
});

it('proves nothing once its daemon leads no more: asking could take the lease again', async () => {
  const ended = new AbortController();
  const { redis, shipping } = setUp({ ended: ended.signal });
  redis.away = true;
  const waiting = shipping.settled();
  ended.abort(new TidemarkError('LEADERSHIP_LOST', 'another one leads'));
  await expect(waiting).rejects.toEqual(code('LEADERSHIP_LOST'));
  redis.away = false;
  const asked = redis.asked;
  await expect(shipping.settled()).rejects.toEqual(code('LEADERSHIP_LOST'));
  expect(redis.asked).toBe(asked);
});
