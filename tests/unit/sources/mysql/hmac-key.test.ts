import { createHash, createHmac } from 'node:crypto';
import type { Session } from '../../../../src/sources/mysql/connect.ts';
import { setHmacKey } from '../../../../src/sources/mysql/hmac-key.ts';

/** A session that takes down what it is told, and under which name. */
function session(): { readonly session: Session; readonly sent: string[]; readonly shown: string[] } {
  const sent: string[] = [];
  const shown: string[] = [];
  const query = (sql: string, done: (error: unknown, result: unknown) => void): void => {
    sent.push(sql);
    done(null, []);
  };
  const command = (sql: string, start: (done: () => void) => void): Promise<void> => {
    shown.push(sql);
    return new Promise((resolve) => start(resolve));
  };
  return { session: { connection: { query }, command } as unknown as Session, sent, shown };
}

it.each(['k', 'key '.repeat(16), 'é'.repeat(100)])('the session gets %j padded in two ways', async (key) => {
  const { session: fake, sent, shown } = session();
  const hmac = await setHmacKey(fake, key);
  const [inner, outer] = Array.from(sent[0]!.matchAll(/X'([0-9a-f]{128})'/g), ([, hex]) =>
    Buffer.from(hex!, 'hex'),
  );
  const value = Buffer.from('ö value');
  const hash = (...parts: Buffer[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest();
  const expected = createHmac('sha256', key).update(value).digest('hex');
  expect(hash(outer!, hash(inner!, value)).toString('hex')).toBe(expected);
  expect(hmac(value)).toBe(expected);
  expect(shown).toEqual(['SET @tidemark_hmac_inner = …, @tidemark_hmac_outer = …']);
});

it.each([null, undefined])('without a key there is a fault that names the setting', async (key) => {
  await expect(setHmacKey(session().session, key)).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    hint: expect.stringContaining('masking.hmac_key'),
  });
});
