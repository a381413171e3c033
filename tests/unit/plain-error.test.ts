/** An error is the same after it went as data from one thread or machine to another. */
import { ERRORS, type ErrorCode } from '../../src/error-codes.ts';
import { FaultsError, TidemarkError } from '../../src/errors.ts';
import { fromPlain, toPlain, type PlainError } from '../../src/plain-error.ts';

/** As a queue does it. */
const sent = (thrown: unknown): TidemarkError =>
  fromPlain(JSON.parse(JSON.stringify(toPlain(thrown))) as PlainError);

it.each(Object.keys(ERRORS) as ErrorCode[])('%s comes back with what the table says of it', (code) => {
  const error = new TidemarkError(code, 'No.');
  const back = sent(error);
  expect(back).toBeInstanceOf(TidemarkError);
  const { name, message, hint, retryable, sql, stack } = error;
  expect(back).toMatchObject({ name, code, message, hint, retryable, sql, stack });
  expect('cause' in back).toBe(false);
});

it('keeps what the thrower knew better, and all the causes', () => {
  const lowest = new RangeError('too long');
  const below = new TypeError('below', { cause: lowest });
  const details = { hint: 'GRANT it', retryable: true, sql: 'SELECT 1', cause: below };
  const error = new TidemarkError('ACCESS_DENIED', 'no', details);
  const back = sent(error);
  expect(back).toMatchObject({ hint: 'GRANT it', retryable: true, sql: 'SELECT 1', stack: error.stack });
  const cause = back.cause as Error;
  expect(cause).toMatchObject({ name: 'TypeError', message: 'below', stack: below.stack });
  expect(cause.cause).toMatchObject({ name: 'RangeError', message: 'too long', stack: lowest.stack });
  expect('cause' in (cause.cause as Error)).toBe(false);
});

it('lists all faults in the message', () => {
  const fault = { file: 'a.json', line: 1, column: 2, path: 'table', message: 'found 5' };
  expect(sent(new FaultsError('SPEC_INVALID', [fault, fault])).message).toBe(
    'a.json:1:2 table: found 5\na.json:1:2 table: found 5',
  );
});

it.each([
  ['an Error', new TypeError('x is undefined'), 'x is undefined'],
  ['a text', 'boom', 'boom'],
  ['nothing', null, 'null'],
])('takes %s for a fault in the program', (_what, thrown, message) => {
  expect(sent(thrown)).toMatchObject({ code: 'INTERNAL', message, cause: { message } });
});

it('ends where causes go in a circle', () => {
  const first = new Error('first');
  first.cause = new Error('second', { cause: first });
  const { causes } = toPlain(new TidemarkError('INTERNAL', 'no', { cause: first }));
  expect(causes.slice(0, 3).map(({ message }) => message)).toEqual(['first', 'second', 'first']);
  expect(causes.length).toBeLessThan(20);
});

it('redacts every text', () => {
  const cause = new Error('pass=s3cret', { cause: new Error('s3cret again') });
  const error = new TidemarkError('ACCESS_DENIED', 's3cret', {
    hint: 's3cret',
    sql: "SELECT 's3cret'",
    cause,
  });
  cause.name = 's3cret';
  const redact = (text: string): string => text.replaceAll('s3cret', '***');
  expect(JSON.stringify(toPlain(error))).toContain('s3cret');
  const plain = toPlain(error, redact);
  expect(JSON.stringify(plain)).not.toContain('s3cret');
  expect(plain).toMatchObject({
    message: '***',
    hint: '***',
    sql: "SELECT '***'",
    causes: [{ name: '***' }, {}],
  });
});

it('keeps a code readable that it does not know', () => {
  const plain = { ...toPlain(new TidemarkError('S3_FAILED', 'The disk melted.')), code: 'DISK_MELTED' };
  expect(fromPlain(plain as unknown as PlainError)).toMatchObject({
    code: 'INTERNAL',
    message: 'DISK_MELTED: The disk melted.',
  });
  expect(fromPlain({ ...plain, code: 'toString' as ErrorCode }).code).toBe('INTERNAL');
});
