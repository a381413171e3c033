import { readExpression } from '../../../src/spec/expression.ts';

describe('an expression', () => {
  it.each([
    ["CONCAT(first_name, ' ', last_name)"],
    ['salary * 12'],
    ["REPLACE(a, ';', ',')"],
    ['`select` + `a@b`'],
    ["CASE WHEN a > 0 THEN 'SELECT' ELSE '?' END"],
    ['TRIM(LEADING 0 FROM code)'],
    ['(a + b) / (c - d)'],
    ['selected + counted(1)'],
    ['sleep + `sleep`(1) + nextvalue'],
    ["'it''s' \"x\""],
  ])('%s is one', (text) => {
    expect(readExpression(text)).toEqual({ sql: text });
  });

  it('loses its comments', () => {
    expect(readExpression('a /* ; */ + b -- c\n + d # e')).toEqual({ sql: 'a   + b  \n + d' });
  });

  it.each([
    ['', 'found no SQL'],
    ['-- a', 'found no SQL'],
    ['a; b', 'a semicolon'],
    ['a, b', 'two expressions'],
    ['(SELECT 1)', 'found SELECT'],
    ['a IN (TABLE b)', 'found TABLE'],
    ['a INTO OUTFILE "/tmp/x"', 'found INTO'],
    ['a UNION b', 'found UNION'],
    ['@a', 'found an @'],
    ['@`tidemark_hmac_inner`', 'found an @'],
    ['a := 1 + ?', 'found a ?'],
    ['SUM(a)', 'found SUM'],
    ['count (*)', 'found COUNT'],
    ['ROW_NUMBER() OVER ()', 'found OVER'],
    ["LOAD_FILE('/etc/passwd')", 'found LOAD_FILE'],
    ["get_lock ('a', 1)", 'found GET_LOCK'],
    ['a + SLEEP(1)', 'found SLEEP'],
    ['BENCHMARK(9, a)', 'found BENCHMARK'],
    ['NEXTVAL(s)', 'found NEXTVAL'],
    ['NEXT VALUE FOR s', 'found NEXT VALUE FOR'],
    ['a) FROM b WHERE (1', 'found a ) without'],
    ['(a', 'found a ( without'],
    ["'a", 'never closed'],
    ['a /* b', 'never closed'],
    ['/*!50000 a */', 'an executable comment'],
    ['/*M!100000 a */', 'an executable comment'],
  ])('%s is none', (text, why) => {
    expect(readExpression(text)).toMatchObject({ sql: null, fault: expect.stringContaining(why) });
  });
});
