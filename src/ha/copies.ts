/** Whole copies of the state, by way of Redis: compressed, in pieces, with a checksum. */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { TidemarkError } from '../errors.ts';
import { copyState, removeCopy } from '../state/replica.ts';
import type { Copy, Head, SharedState } from './shared-state.ts';

const PIECE = 1024 * 1024;

/**
 * Brings a copy of the state to Redis.
 *
 * @param anew what Redis has is no later state of the same: the log begins again, after this copy.
 * @param hold takes the lease again, which has ended. Rejects where it cannot be had.
 * @returns number of the last change in it; null: somebody else leads.
 * @throws TidemarkError REDIS_UNREACHABLE, also where it has lost pieces meanwhile; STATE_UNUSABLE.
 */
export async function publishCopy(
  shared: SharedState,
  stateDir: string,
  token: number,
  anew: boolean,
  hold: () => Promise<void>,
): Promise<number | null> {
  const file = join(stateDir, 'outgoing.db');
  try {
    const { lineage, version, seq, digest, token: by } = await copyState(stateDir, file);
    const copy = { ...(await sendPieces(shared, file)), seq };
    const head = { lineage, version, seq, digest, token: by, copy };
    for (;;) {
      const said = await shared.keepCopy(token, head, anew);
      if (said === 'kept') return seq;
      if (said === 'lost') return null;
      if (said !== 'free')
        throw new TidemarkError(
          'REDIS_UNREACHABLE',
          `Redis at ${shared.server} has lost something while a copy of the state was brought there.`,
        );
      await hold();
    }
  } catch (error) {
    throw unwritable(stateDir, error);
  } finally {
    removeCopy(file);
  }
}

async function sendPieces(shared: SharedState, file: string): Promise<Omit<Copy, 'seq'>> {
  const id = randomUUID();
  const hash = createHash('sha256');
  let [bytes, pieces] = [0, 0];
  await pipeline(
    createReadStream(file),
    createGzip({ level: 1 }),
    async (compressed: AsyncIterable<Buffer>) => {
      for await (const piece of inPieces(compressed)) {
        hash.update(piece);
        bytes += piece.length;
        pieces++;
        await shared.addPiece(id, piece);
      }
    },
  );
  return { id, bytes, sha256: hash.digest('hex'), pieces };
}

/** What a copy failed with; of what is not known otherwise, the disk is the cause. */
export function unwritable(stateDir: string, error: unknown): TidemarkError {
  if (error instanceof TidemarkError) return error;
  const words = `A copy of the state cannot be made in ${stateDir}: ${(error as Error).message}`;
  return new TidemarkError('STATE_UNUSABLE', words, { cause: error });
}

async function* inPieces(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let gathered: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    gathered.push(chunk);
    bytes += chunk.length;
    if (bytes < PIECE) continue;
    yield Buffer.concat(gathered);
    [gathered, bytes] = [[], 0];
  }
  if (bytes > 0) yield Buffer.concat(gathered);
}

/**
 * Brings the copy in Redis to a file; remove it when done.
 *
 * @returns 'replaced': there is another copy by now. 'incomplete': Redis has lost a part of this one.
 * @throws TidemarkError REDIS_UNREACHABLE; STATE_UNUSABLE; STATE_DIVERGED where it is not what its leader has sent.
 */
export async function fetchCopy(
  shared: SharedState,
  { copy }: Head,
  stateDir: string,
): Promise<{ readonly file: string } | 'replaced' | 'incomplete'> {
  const file = join(stateDir, 'incoming.db');
  const hash = createHash('sha256');
  let isMissing = false;
  const pieces = async function* (): AsyncGenerator<Buffer> {
    for (let index = 0; index < copy.pieces; index++) {
      const piece = await shared.piece(copy.id, index);
      isMissing = piece === null;
      if (piece === null) return;
      hash.update(piece);
      yield piece;
    }
  };
  removeCopy(file);
  try {
    await pipeline(Readable.from(pieces()), createGunzip(), createWriteStream(file, { mode: 0o600 }));
    if (!isMissing && hash.digest('hex') === copy.sha256) return { file };
  } catch (error) {
    const isDamaged = ((error as NodeJS.ErrnoException).code ?? '').startsWith('Z_');
    if (!isDamaged) {
      removeCopy(file);
      throw unwritable(stateDir, error);
    }
  }
  removeCopy(file);
  if (isMissing) {
    const { head } = await shared.look(copy.seq);
    return head?.copy.id === copy.id ? 'incomplete' : 'replaced';
  }
  throw new TidemarkError(
    'STATE_DIVERGED',
    `The copy of the state in Redis at ${shared.server} is damaged.`,
    {
      hint: `Delete the key there that ends with \`:ha:copy:${copy.id}\`: the daemon that leads writes a new copy within seconds. See what else writes to that Redis.`,
    },
  );
}
