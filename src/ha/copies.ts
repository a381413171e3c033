/** Whole copies of the state, by way of Redis: compressed, in pieces, with a checksum. */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { TidemarkError } from '../errors.ts';
import { copyState } from '../state/replica.ts';
import type { Head, SharedState } from './shared-state.ts';

const PIECE = 1024 * 1024;

/**
 * Brings a copy of the state to Redis.
 *
 * @param anew what Redis has is no later state of the same: the log begins again, after this copy.
 * @returns how far the copy is; null: somebody else leads.
 * @throws TidemarkError REDIS_UNREACHABLE, STATE_UNUSABLE.
 */
export async function publishCopy(
  shared: SharedState,
  stateDir: string,
  token: number,
  anew: boolean,
): Promise<Omit<Head, 'logged'> | null> {
  const file = join(stateDir, 'outgoing.db');
  try {
    const { lineage, version, seq, digest, token: by } = await copyState(stateDir, file);
    const id = randomUUID();
    const hash = createHash('sha256');
    let bytes = 0;
    await pipeline(
      createReadStream(file),
      createGzip({ level: 1 }),
      async (compressed: AsyncIterable<Buffer>) => {
        for await (const piece of inPieces(compressed)) {
          hash.update(piece);
          bytes += piece.length;
          await shared.addPiece(id, piece);
        }
      },
    );
    const copy = { id, seq, bytes, sha256: hash.digest('hex') };
    const head = { lineage, version, seq, digest, token: by, copy };
    return (await shared.keepCopy(token, head, anew)) ? head : null;
  } finally {
    rmSync(file, { force: true });
  }
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
 * Brings the copy in Redis to a file.
 *
 * @returns the file; remove it when done. Null: there is another copy by now.
 * @throws TidemarkError REDIS_UNREACHABLE; STATE_DIVERGED where it is not what its leader has sent.
 */
export async function fetchCopy(
  shared: SharedState,
  { copy }: Head,
  stateDir: string,
): Promise<string | null> {
  const file = join(stateDir, 'incoming.db');
  const hash = createHash('sha256');
  let bytes = 0;
  const pieces = async function* (): AsyncGenerator<Buffer> {
    for (let index = 0; bytes < copy.bytes; index++) {
      const piece = await shared.piece(copy.id, index);
      if (piece === null) return;
      hash.update(piece);
      bytes += piece.length;
      yield piece;
    }
  };
  try {
    await pipeline(Readable.from(pieces()), createGunzip(), createWriteStream(file, { mode: 0o600 }));
  } catch (error) {
    if (bytes < copy.bytes && !(error instanceof TidemarkError)) return null;
    throw error;
  }
  if (bytes < copy.bytes) return null;
  if (hash.digest('hex') === copy.sha256) return file;
  throw new TidemarkError(
    'STATE_DIVERGED',
    `The copy of the state in Redis at ${shared.server} is damaged.`,
    {
      hint: 'Restart the daemon that leads: it writes a new copy. See what else writes to that Redis.',
    },
  );
}
