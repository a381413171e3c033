/** What a custom query may be, and that only its own placeholders are bound. */
import { bindPlaceholders, customQueryFault, usedPlaceholders } from '../../../src/plan/custom-query.ts';

const bind = (sql: string): string => bindPlaceholders(sql, { scheduled_for: "'2026-07-01'" });

describe('lets pass', () => {
  it.each([
    'SELECT 1',
    ' \n select 1 ; ',
    'SELECT a.id, b.id AS b_id FROM a JOIN b USING (id)',
    '(SELECT 1) UNION ALL (SELECT 2)',
    '((SELECT 1))',
    '/* why */ -- and\n# so\nSELECT 1',
    'WITH x AS (SELECT 1 AS n) SELECT n FROM x',
    'WITH RECURSIVE x AS (SELECT 1) SELECT * FROM x',
    "SELECT 'INTO; FOR UPDATE' AS `into;`",
    'SELECT "it\'s; INTO" FROM t',
    "SELECT 'it''s; a \\' INTO b' FROM t",
    'SELECT 1 -- ; INTO\n',
    'SELECT 1 # FOR UPDATE',
    'SELECT /*+ MAX_EXECUTION_TIME(1000) */ * FROM t',
    'SELECT 5--1',
    'SELECT converted_into, information FROM t',
    "SELECT ':from', `:to`, a FROM t WHERE b > :scheduled_for",
    'SELECT * FROM t WHERE a > :from AND a <= :to',
    'SELECT * FROM t WHERE a > :from AND a <= :to AND b < :scheduled_for',
    'SELECT t.`a``b; INTO` FROM t',
    "SELECT ''",
    "SELECT '12:30', JSON_EXTRACT(j, '$.a') FROM t",
  ])('%s', (sql) => {
    expect(customQueryFault(sql)).toBeNull();
  });
});

describe('refuses', () => {
  it.each([
    ['', 'found no SQL'],
    [' -- nothing\n;', 'found no SQL'],
    ['UPDATE t SET a = 1', 'begins with UPDATE'],
    ['delete from t', 'begins with delete'],
    ['(DELETE FROM t)', 'begins with DELETE'],
    ['CALL p()', 'begins with CALL'],
    ['SET @a = 1', 'begins with SET'],
    ['123', 'begins with 123'],
    ['SELECT 1; SELECT 2', 'several statements'],
    ['SELECT 1; DROP TABLE t', 'several statements'],
    ['SELECT 1;;', 'several statements'],
    ["SELECT * INTO OUTFILE '/tmp/x' FROM t", 'found INTO'],
    ['SELECT 1 INTO @a', 'found INTO'],
    ['SELECT 1 iNtO @a', 'found INTO'],
    ['SELECT 1/**/INTO/**/@a', 'found INTO'],
    ["SELECT 'a'INTO @a", 'found INTO'],
    ['SELECT * FROM t FOR UPDATE', 'found FOR UPDATE'],
    ['SELECT * FROM t FOR\n /* a */ UPDATE', 'found FOR UPDATE'],
    ['SELECT * FROM t FOR SHARE', 'found FOR SHARE'],
    ['SELECT * FROM t LOCK IN SHARE MODE', 'found LOCK IN SHARE MODE'],
    ['SELECT 1 /*! INTO @a */', 'executable comment'],
    ['SELECT 1 /*!50000 INTO @a */', 'executable comment'],
    ['SELECT 1 /*M! INTO @a */', 'executable comment'],
    ["SELECT 'abc", 'never closed'],
    ["SELECT 'abc\\", 'never closed'],
    ["SELECT 'abc\\'", 'never closed'],
    ['SELECT "abc\\"', 'never closed'],
    ["SELECT 'abc''", 'never closed'],
    ['SELECT `abc', 'never closed'],
    ['SELECT `abc``', 'never closed'],
    ['SELECT 1 /* abc', 'never closed'],
    ['SELECT 1 /*/', 'never closed'],
    ['SELECT :form', 'placeholder :form; allowed: :scheduled_for, :from, :to'],
    ['SELECT :constructor', 'placeholder :constructor'],
    ['SELECT * FROM t WHERE a > :from', 'found :from without :to'],
    ["SELECT ':to' FROM t WHERE a > :from -- :to", 'found :from without :to'],
    ['SELECT * FROM t WHERE a <= :to', 'found :to without :from'],
    ['SELECT :Scheduled_For', 'placeholder :Scheduled_For'],
    // To the server "--" begins a comment before any control character too, and hides the quote behind it.
    ['SELECT 1 --\x01 \'\n INTO OUTFILE "/tmp/x" -- \'', 'found INTO'],
    ['SELECT 1 --\x7f \'\n INTO OUTFILE "/tmp/x" -- \'', 'found INTO'],
  ])('%j', (sql, fault) => {
    expect(customQueryFault(sql)).toContain(fault);
  });
});

describe('binds', () => {
  it.each([
    ['SELECT * FROM t WHERE a < :scheduled_for;', "SELECT * FROM t WHERE a < '2026-07-01'"],
    ['SELECT :scheduled_for, :scheduled_for', "SELECT '2026-07-01', '2026-07-01'"],
    [
      'SELECT \':scheduled_for\', ":scheduled_for", `:scheduled_for`, :scheduled_for',
      "SELECT ':scheduled_for', \":scheduled_for\", `:scheduled_for`, '2026-07-01'",
    ],
    ['SELECT 1 -- :scheduled_for\n, 2', 'SELECT 1  \n, 2'],
    ['SELECT/* :scheduled_for */1', 'SELECT 1'],
    ['SELECT 1 # it is done', 'SELECT 1'],
    ['SELECT /*+ NO_MERGE(t) */ 1', 'SELECT /*+ NO_MERGE(t) */ 1'],
    ['SELECT a::scheduled_for', 'SELECT a::scheduled_for'],
    ['SELECT a:scheduled_for', 'SELECT a:scheduled_for'],
    ['SELECT :scheduled_forever', 'SELECT :scheduled_forever'],
    ["SELECT 'a;' ; -- end", "SELECT 'a;'"],
    ["SELECT ';'", "SELECT ';'"],
  ])('%j', (sql, bound) => {
    expect(bind(sql)).toBe(bound);
  });

  it('binds the window of an incremental query', () => {
    const sql = "SELECT * FROM t WHERE a > :from AND a <= :to AND b = ':from'";
    expect(bindPlaceholders(sql, { from: '1', to: '2' })).toBe(
      "SELECT * FROM t WHERE a > 1 AND a <= 2 AND b = ':from'",
    );
  });

  it('fails where a placeholder has no value: it would reach the server', () => {
    expect(() => bindPlaceholders('SELECT :from, :to', { from: '1' })).toThrow('no value was given for :to');
  });

  it('takes what a value says literally', () => {
    expect(bindPlaceholders('SELECT :scheduled_for', { scheduled_for: "'$& $1'" })).toBe("SELECT '$& $1'");
  });
});

describe('usedPlaceholders', () => {
  it.each([
    ['SELECT 1', []],
    ['SELECT :to, :from, :to', ['from', 'to']],
    ['SELECT \':from\', ":to", `:to` -- :from\n, :scheduled_for /* :to */ # :from', ['scheduled_for']],
    ['SELECT a:from, a::to, :from_here, :toto', []],
    ['SELECT(:from)<:to', ['from', 'to']],
    ["SELECT 'a':from", ['from']],
  ])('%j', (sql, used) => {
    expect([...usedPlaceholders(sql)]).toEqual(used);
  });
});

it.each([
  ['a string of a megabyte', `SELECT '${'a'.repeat(1e6)}'`, null],
  ['half a million doubled quotes', `SELECT '${"''".repeat(5e5)}'`, null],
  ['half a million escapes', `SELECT '${"\\'".repeat(5e5)}'`, null],
  ['a megabyte never closed', `SELECT '${"a''".repeat(3e5)}\\`, 'never closed'],
  ['half a million comments begun', `SELECT ${'/*'.repeat(5e5)}`, 'never closed'],
  ['a megabyte of dashes', `SELECT ${'-'.repeat(1e6)}`, null],
  ['a megabyte of blanks', `SELECT 1${' '.repeat(1e6)};x`, 'several statements'],
])('reads %s', (_what, sql, fault) => {
  const found = customQueryFault(sql);
  expect(found === null ? null : fault !== null && found.includes(fault)).toBe(fault === null ? null : true);
});
