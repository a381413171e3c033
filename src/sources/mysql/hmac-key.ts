/**
 * The key of the mask `hmac`, made known to a session: the SELECT hashes with it, and names only variables.
 *
 * HMAC (RFC 2104) hashes twice, each time over the key padded in its own way and what is to be hashed.
 */
import { createHash, createHmac } from 'node:crypto';
import { TidemarkError } from '../../errors.ts';
import type { Session } from './connect.ts';

/** Bytes that SHA-256 works on at a time. */
const BLOCK_BYTES = 64;
const INNER_PAD = 0x36;
const OUTER_PAD = 0x5c;

/** What an error of the statement shows in its place. */
const SHOWN = 'SET @tidemark_hmac_inner = …, @tidemark_hmac_outer = …';

/**
 * Sets the session's `@tidemark_hmac_inner` and `@tidemark_hmac_outer`. The statement is never logged or shown by
 * Tidemark; a server with its general log on writes it there.
 *
 * @param key of the config; as UTF-8.
 * @returns the same HMAC for what is hashed here, in hexadecimal.
 * @throws TidemarkError CONFIG_INVALID where there is no key.
 */
export async function setHmacKey(
  session: Session,
  key: string | null | undefined,
): Promise<(value: Uint8Array) => string> {
  if (key === null || key === undefined) {
    throw new TidemarkError(
      'CONFIG_INVALID',
      'A column has the mask "hmac", and the config has no masking.hmac_key.',
      {
        hint: 'Set masking.hmac_key in the config, such as "${TIDEMARK_HMAC_KEY}", or the environment variable TIDEMARK_MASKING__HMAC_KEY.',
      },
    );
  }
  const [inner, outer] = [padded(key, INNER_PAD), padded(key, OUTER_PAD)];
  const sql = `SET @tidemark_hmac_inner = X'${inner}', @tidemark_hmac_outer = X'${outer}'`;
  await session.command<unknown>(SHOWN, (done) => session.connection.query(sql, done));
  return (value) => createHmac('sha256', key).update(value).digest('hex');
}

function padded(key: string, pad: number): string {
  const bytes = Buffer.from(key);
  const block = Buffer.alloc(BLOCK_BYTES);
  // A key that is longer than a block is hashed first.
  (bytes.length > BLOCK_BYTES ? createHash('sha256').update(bytes).digest() : bytes).copy(block);
  return Buffer.from(block.map((byte) => byte ^ pad)).toString('hex');
}
