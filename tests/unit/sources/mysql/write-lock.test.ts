/** When no lock is taken, or waited for any longer. */
import { jest } from '@jest/globals';
import { lockWriters } from '../../../../src/sources/mysql/write-lock.ts';
import { fakeSession, SERVER } from './session.ts';

afterEach(() => void jest.useRealTimers());

it('gives up after two seconds for all tables together, and has the session ended', async () => {
  jest.useFakeTimers();
  const session = fakeSession((sql) =>
    sql.includes('server\\_uuid') ? [{ Value: 'u' }] : sql.startsWith('LOCK TABLES') ? 'silence' : undefined,
  );
  let outcome: unknown = 'waiting';
  lockWriters(session, SERVER, ['a', 'b', 'c']).catch((error: unknown) => (outcome = error));
  await jest.advanceTimersByTimeAsync(1900);
  expect(outcome).toBe('waiting');
  await jest.advanceTimersByTimeAsync(200);
  expect(outcome).toMatchObject({ code: 'LOCK_TIMEOUT' });
  expect(session.broken).toBe(true);
});

it('keeps nobody out by way of a reader of Aurora, and says so', async () => {
  const asked: string[] = [];
  const session = fakeSession((sql) => {
    asked.push(sql);
    return sql.includes('read\\_only') ? [{ Value: 'ON' }] : [{ Value: 'u' }];
  });
  await expect(lockWriters(session, SERVER, ['a'])).rejects.toMatchObject({
    code: 'CONSISTENCY_UNPROVEN',
    retryable: false,
    hint: expect.stringContaining('Read from the writer'),
  });
  expect(asked.filter((sql) => /LOCK/.test(sql))).toEqual([]);
});
