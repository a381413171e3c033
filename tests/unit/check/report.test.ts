/** Findings of many specs as few, and as text. */
import { findingDocument, mergeFindings, specFinding, type Finding } from '../../../src/check/finding.ts';
import { findingLines } from '../../../src/check/report.ts';
import { taskPlace } from './sample.ts';

const grant = (task: string): Finding =>
  specFinding('error', 'PRIVILEGE_MISSING', taskPlace(task), ['table', 0, 'name'], 'May not read jobs.', {
    kind: 'sql',
    text: 'GRANT SELECT ON `hr`.`jobs` TO `u`@`%`;',
  });
const scanned = (task: string): Finding =>
  specFinding(
    'info',
    'ROWS_SCANNED',
    taskPlace(task),
    ['table', 'name'],
    `Each run looks at 1 row of ${task}.`,
  );
const of = (
  scope: Finding['scope'],
  name: string | null,
  severity: Finding['severity'],
  tasks: string[] = [],
): Finding => ({
  severity,
  code: 'SERVER',
  scope,
  name,
  tasks,
  places: [],
  message: `${scope} ${name}`,
  remedy: null,
});

describe('findings', () => {
  it('that say the same of several specs are one, with all places', () => {
    const [merged, ...others] = mergeFindings([grant('a'), scanned('a'), grant('b'), grant('b')]);
    expect(merged).toMatchObject({ code: 'PRIVILEGE_MISSING', tasks: ['a', 'b'] });
    expect(merged!.places.map(({ file }) => file)).toEqual(['a.json', 'b.json', 'b.json']);
    expect(others.map(({ code }) => code)).toEqual(['ROWS_SCANNED']);
  });

  it('stand in the order of what they are about, errors first', () => {
    const order = mergeFindings([
      grant('a'),
      of('smtp', null, 'info'),
      of('sink', 's3', 'info'),
      of('source', 'b', 'error'),
      of('source', 'a', 'info'),
      of('source', 'a', 'warning'),
    ]);
    expect(order.map(({ scope, name, severity }) => [scope, name, severity])).toEqual([
      ['source', 'a', 'warning'],
      ['source', 'a', 'info'],
      ['source', 'b', 'error'],
      ['sink', 's3', 'info'],
      ['smtp', null, 'info'],
      ['spec', null, 'error'],
    ]);
  });

  it('have the remedy as text in JSON', () => {
    expect(findingDocument(grant('a'))).toEqual({
      severity: 'error',
      code: 'PRIVILEGE_MISSING',
      scope: 'spec',
      name: null,
      tasks: ['a'],
      places: [{ file: 'a.json', line: 1, column: 1, path: 'table[0].name' }],
      message: 'May not read jobs.',
      remedy: 'GRANT SELECT ON `hr`.`jobs` TO `u`@`%`;',
      remedy_kind: 'sql',
    });
    expect(findingDocument(scanned('a'))).toMatchObject({ remedy: null, remedy_kind: null });
  });
});

describe('the text', () => {
  it('groups by what they are about, with places, tasks and what to paste', () => {
    expect(
      findingLines(mergeFindings([grant('a'), of('source', 'mysql', 'warning', ['a', 'b'])]), true),
    ).toEqual([
      'source mysql',
      '  warning  SERVER: source mysql',
      '           tasks a, b',
      '',
      'specs',
      '  error    PRIVILEGE_MISSING: May not read jobs.',
      '           a.json:1:1 table[0].name',
      '           As an administrator of the server:',
      '             GRANT SELECT ON `hr`.`jobs` TO `u`@`%`;',
    ]);
  });

  it('names a few of many', () => {
    const names = Array.from({ length: 1200 }, (_, n) => `t${n}`);
    const lines = findingLines(mergeFindings(names.map(grant)), true).join('\n');
    expect(lines).toContain('t4.json');
    expect(lines).not.toContain('t5.json');
    expect(lines).toContain('and 1,195 more places');
    expect(findingLines([of('sink', 's3', 'error', names)], true)[2]).toContain(
      'tasks t0, t1, t2, t3, t4 and 1,195 more',
    );
  });

  it('leaves out what only informs where there are many specs, and says so', () => {
    const lines = findingLines([grant('a'), scanned('a'), scanned('b')], false);
    expect(lines.join('\n')).not.toContain('ROWS_SCANNED');
    expect(lines.at(-1)).toBe('2 more lines that only inform: --json has them.');
  });

  it('cannot be made to steer a terminal or to forge a line', () => {
    const evil = {
      ...of('source', 'mysql', 'error'),
      message: 'bad\u001b[2Jname\n  error    FAKE: all is lost\u202e',
    };
    const lines = findingLines([evil], true);
    expect(lines).toHaveLength(2);
    expect(lines[1]).toBe('  error    SERVER: bad\ufffd[2Jname error    FAKE: all is lost\ufffd');
  });
});
