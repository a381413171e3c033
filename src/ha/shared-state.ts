/** What two daemons have in common in Redis: who leads, every change of the state, and a whole copy of it. */
import { Redis, type RedisOptions } from 'ioredis';
import { asTidemarkError, TidemarkError } from '../errors.ts';
import type { Change } from '../state/changes.ts';
import type { Member } from '../state/replica.ts';
import { changeOf, headOf, holderOf, numberOf, type Replies } from './replies.ts';
import { ACQUIRE, APPEND, KEEP_COPY, RELEASE, RENEW } from './scripts.ts';
import { ANSWER_MS, CENSUS_MS, LEASE_MS, OLD_COPY_MS } from './timing.ts';

/** A daemon. */
export interface Holder extends Member {
  readonly pid: number;
}

/** How far the state in Redis is, and the copy that newcomers begin with. */
export interface Head {
  readonly lineage: string;
  /** Of the schema. */
  readonly version: number;
  readonly seq: number;
  readonly digest: string;
  readonly token: number;
  readonly copy: Copy;
  /** Bytes of changes since that copy. */
  readonly logged: number;
}

export interface Copy {
  readonly id: string;
  readonly seq: number;
  /** As it is kept. */
  readonly bytes: number;
  readonly sha256: string;
  readonly pieces: number;
}

export interface View {
  /** Null: Redis has no state. */
  readonly head: Head | null;
  readonly lease: { readonly token: number; readonly holder: Holder } | null;
  /** The token of who led last; 0: nobody has. */
  readonly lastToken: number;
  /** The last token that was given out, whether or not its daemon came to lead; 0: none was. */
  readonly given: number;
  /** Whether who had that one has given it back. */
  readonly released: boolean;
  /** Those that were asked for, as far as they are there. */
  readonly changes: readonly Change[];
  readonly members: readonly Joined[];
  /** Another one after each loss of the connection: what was seen before may be out of date. */
  readonly connection: number;
}

/** What became of a copy whose pieces were sent. See KEEP_COPY. */
export type Kept = 'kept' | 'lost' | 'free' | 'incomplete' | 'empty';

/** A daemon that has a copy of the state of this lineage. */
export interface Joined extends Member {
  readonly lineage: string;
}

/** Where a state stands, for the census of `census.ts`. */
export interface Standpoint {
  readonly host: string;
  /** Null: it is not replicated. */
  readonly lineage: string | null;
  /** Without a lineage: 1 where something has been kept in it, otherwise 0. */
  readonly seq: number;
  readonly token: number;
}

/** What became of passing changes on. */
export type Appended = 'lost' | 'free' | 'empty' | { readonly seq: number; readonly digest: string };

/**
 * A token counts only together with the daemon that was given it, which is the one that asks.
 *
 * All reject with REDIS_UNREACHABLE where there is no answer; what was asked may have been done all the same.
 */
export interface SharedState {
  /** @param after number of the last change that is known. */
  look(after: number): Promise<View>;
  /** @param floor the new token is greater. @returns null: somebody leads. */
  acquire(floor: number): Promise<number | null>;
  /** @param recent whether the lease was renewed within its length before now. See RENEW. */
  renew(token: number, recent: boolean): Promise<'held' | 'reclaimed' | 'lost' | 'forgotten'>;
  release(token: number): Promise<void>;
  append(token: number, before: string, changes: readonly Change[]): Promise<Appended>;
  addPiece(copy: string, piece: Buffer): Promise<void>;
  /** Null: there is none of this number. */
  piece(copy: string, index: number): Promise<Buffer | null>;
  /** How many there are of this copy. */
  countPieces(copy: string): Promise<number>;
  /** @param anew what Redis has is no later state of the same. */
  keepCopy(token: number, head: Omit<Head, 'logged'>, anew: boolean): Promise<Kept>;
  /** Says for good that this daemon has a copy of the state of this lineage. */
  join(lineage: string): Promise<void>;
  /** Says for a moment how far this daemon's state is. */
  stand(at: Omit<Standpoint, 'host'>): Promise<void>;
  /** What each has said of late, by its node. */
  standpoints(): Promise<Map<string, Standpoint>>;
  /** `host:port` of the server. */
  readonly server: string;
  close(): void;
}

/** Changes that are read at once. */
const MOST_CHANGES = 500;

/** @param connection host, login and TLS. @param prefix of all keys. */
export function openSharedState(connection: RedisOptions, prefix: string, me: Holder): SharedState {
  const client = new Redis({
    ...connection,
    // Whoever asks has something to do while there is no answer, and asks again.
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    commandTimeout: ANSWER_MS,
    connectTimeout: ANSWER_MS,
    socketTimeout: 2 * ANSWER_MS,
    retryStrategy: () => 200,
  });
  let connections = 0;
  let reason = 'there is no answer';
  const first = new Promise<void>((resolve) => void client.once('ready', resolve).once('close', resolve));
  client.on('ready', () => connections++);
  client.on('error', (error: Error) => (reason = error.message));
  const server = `${connection.host}:${connection.port}`;
  const key = (name: string): string => `${prefix}:ha:${name}`;
  const [lease, token, released, led] = [key('lease'), key('token'), key('released'), key('led')];
  const [head, log, members, standing] = [key('head'), key('log'), key('members'), key('standing')];
  const holder = JSON.stringify(me);
  const ownToken = (number: number): string => `${number}:${me.node}`;
  const pieces = key('copy:');

  const asked = async <T>(ask: () => Promise<T>): Promise<T> => {
    try {
      await first;
      return await ask();
    } catch (thrown) {
      const { message } = asTidemarkError(thrown);
      const why = client.status === 'ready' ? message : reason;
      throw new TidemarkError('REDIS_UNREACHABLE', `Redis at ${server} cannot be used: ${why}.`, {
        cause: thrown,
      });
    }
  };
  const run = <T>(
    script: string,
    keys: readonly string[],
    values: readonly (string | number | Buffer)[],
  ): Promise<T> => asked(() => client.eval(script, keys.length, ...keys, ...values) as Promise<T>);

  return {
    server,
    async look(after) {
      const replies = await asked(async () => {
        const found = await client
          .pipeline()
          .hgetall(head)
          .hgetall(lease)
          .mget(token, released, led)
          .hgetall(members)
          .xrangeBuffer(log, `${after + 1}-0`, '+', 'COUNT', MOST_CHANGES)
          .exec();
        return found!.map(([error, reply]) => {
          if (error !== null) throw error;
          return reply;
        });
      });
      const [state, held, [last, back, leads], joined, changes] = replies as unknown as Replies;
      return {
        head: headOf(state),
        lease:
          held['token'] === undefined ? null : { token: numberOf(held['token']), holder: holderOf(held) },
        lastToken: numberOf(leads),
        given: numberOf(last),
        released: last !== null && last === back,
        changes: changes.map(changeOf),
        members: Object.entries(joined).map(([node, text]) => ({ ...(JSON.parse(text) as Joined), node })),
        connection: connections,
      };
    },
    acquire: async (floor) =>
      (await run<number>(ACQUIRE, [lease, token, released], [holder, LEASE_MS, floor, me.node])) || null,
    async renew(mine, recent) {
      const said = await run<number>(
        RENEW,
        [lease, token],
        [ownToken(mine), holder, LEASE_MS, recent ? 1 : 0],
      );
      return said === 1 ? 'held' : said === 2 ? 'reclaimed' : said === 0 ? 'lost' : 'forgotten';
    },
    release: async (mine) => void (await run(RELEASE, [lease, released], [ownToken(mine)])),
    async append(mine, before, changes) {
      const values = changes.flatMap(({ seq, token: by, digest, changeset }) => [
        seq,
        by,
        digest,
        Buffer.from(changeset.buffer, changeset.byteOffset, changeset.byteLength),
      ]);
      const [said, seq, digest] = await run<readonly string[]>(
        APPEND,
        [lease, head, log, led],
        [ownToken(mine), before, ...values],
      );
      return said === 'at' ? { seq: Number(seq), digest: digest! } : (said as Exclude<Appended, object>);
    },
    addPiece: (copy, piece) =>
      asked(async () => {
        await client.rpush(pieces + copy, piece);
        // Of a copy that never becomes whole, nothing stays.
        await client.pexpire(pieces + copy, OLD_COPY_MS);
      }),
    piece: (copy, index) => asked(() => client.lindexBuffer(pieces + copy, index)),
    countPieces: (copy) => asked(() => client.llen(pieces + copy)),
    keepCopy: (mine, { lineage, version, seq, digest, token: by, copy }, anew) =>
      run<Kept>(
        KEEP_COPY,
        [lease, head, log, pieces + copy.id, led],
        [
          ownToken(mine),
          anew ? 1 : 0,
          lineage,
          version,
          seq,
          digest,
          by,
          copy.id,
          copy.bytes,
          copy.sha256,
          OLD_COPY_MS,
          pieces,
          copy.pieces,
        ],
      ),
    join: (lineage) =>
      asked(async () => {
        await client.hset(members, me.node, JSON.stringify({ host: me.host, lineage }));
      }),
    stand: (at) =>
      asked(async () => {
        await client.set(key(`stand:${me.node}`), JSON.stringify({ ...at, host: me.host }), 'PX', CENSUS_MS);
        // Whose own key has ended is among these for a little longer, and is passed over.
        await client.sadd(standing, me.node);
        await client.pexpire(standing, CENSUS_MS);
      }),
    standpoints: () =>
      asked(async () => {
        const nodes = await client.smembers(standing);
        const said = nodes.length === 0 ? [] : await client.mget(nodes.map((node) => key(`stand:${node}`)));
        return new Map(
          nodes.flatMap((node, index) => {
            const text = said[index] ?? null;
            return text === null ? [] : [[node, JSON.parse(text) as Standpoint] as const];
          }),
        );
      }),
    close: () => client.disconnect(),
  };
}
