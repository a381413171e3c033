import { readFileSync } from 'node:fs';
import { errorsDoc } from '../../scripts/generate-errors-doc.ts';
import { ERRORS } from '../../src/error-codes.ts';
import { asTidemarkError, FaultsError, formatFault, TidemarkError } from '../../src/errors.ts';

const fault = { file: 'specs/a.json', line: 3, column: 14, path: 'table[0].columns', message: 'found 5' };

describe('ERRORS', () => {
  it.each(Object.entries(ERRORS))(
    '%s has a title, and a cause and a hint in whole sentences',
    (code, entry) => {
      expect(code).toMatch(/^[A-Z][A-Z0-9_]+$/);
      expect(entry.title).toMatch(/^[A-Z].*[^.]$/);
      expect(entry.cause).toMatch(/^\S.*\.$/);
      expect(entry.hint).toMatch(/^[A-Z].*[.`]$/);
    },
  );

  it('is what docs/errors.md says; if not, run node scripts/generate-errors-doc.ts', () => {
    expect(readFileSync('docs/errors.md', 'utf8')).toBe(errorsDoc());
  });

  it.each(Object.keys(ERRORS))('%s is in the page once, and in its table of contents', (code) => {
    expect(errorsDoc().match(new RegExp(`^### ${code}$`, 'gm'))).toHaveLength(1);
    expect(errorsDoc()).toContain(`[${code}](#${code.toLowerCase()})`);
  });
});

describe('TidemarkError', () => {
  it('takes hint and retryability from the table', () => {
    const error = new TidemarkError('ACCESS_DENIED', 'no');
    expect(error).toMatchObject({
      name: 'TidemarkError',
      message: 'no',
      hint: ERRORS.ACCESS_DENIED.hint,
      retryable: false,
      sql: null,
    });
    expect('cause' in error).toBe(false);
  });

  it('takes what the thrower knows better', () => {
    const cause = new Error('below');
    const details = { hint: 'GRANT it', retryable: true, sql: 'SELECT 1', cause };
    expect(new TidemarkError('ACCESS_DENIED', 'no', details)).toMatchObject(details);
  });
});

describe('FaultsError', () => {
  it('lists every fault in its message', () => {
    const error = new FaultsError('SPEC_INVALID', [fault, { ...fault, path: '', line: 1, column: 1 }]);
    expect(error).toBeInstanceOf(TidemarkError);
    expect(error.message).toBe('specs/a.json:3:14 table[0].columns: found 5\nspecs/a.json:1:1 found 5');
    expect(error.faults).toHaveLength(2);
  });
});

describe('formatFault', () => {
  it('says where before what', () => {
    expect(formatFault(fault)).toBe('specs/a.json:3:14 table[0].columns: found 5');
  });
});

describe('asTidemarkError', () => {
  it('leaves a TidemarkError as it is', () => {
    const error = new TidemarkError('USAGE', 'no such option');
    expect(asTidemarkError(error)).toBe(error);
  });

  it.each([
    ['an Error', new TypeError('x is undefined'), 'x is undefined'],
    ['a text', 'boom', 'boom'],
    ['nothing', null, 'null'],
  ])('takes %s for a fault in the program', (_what, thrown, message) => {
    expect(asTidemarkError(thrown)).toMatchObject({ code: 'INTERNAL', message, cause: thrown });
  });
});
