import { spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import type { TidemarkError } from '../../src/errors.ts';
import { createLog, type LogOptions, type ProcessLog } from '../../src/log.ts';
import { createRedactor } from '../../src/redact.ts';

const START = new Date('2026-03-01T02:03:04.567Z');

describe('createLog', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tidemark-log-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function open(options: Partial<LogOptions> = {}): {
    log: ProcessLog;
    stderr: () => string;
    failures: TidemarkError[];
  } {
    let written = '';
    const failures: TidemarkError[] = [];
    const stderr = new Writable({
      write: (chunk, _encoding, next) => {
        written += String(chunk);
        next();
      },
    });
    const log = createLog({
      logsDir: join(folder, 'logs'),
      level: 'info',
      redact: (text) => text,
      onWriteFailure: (error) => failures.push(error),
      stderr,
      now: () => START,
      ...options,
    });
    return { log, stderr: () => written, failures };
  }
  const read = (...path: string[]): string => readFileSync(join(folder, 'logs', ...path), 'utf8');

  it('writes time, level, task, message and fields to tidemark.log and to stderr', () => {
    const { log, stderr } = open();
    log.info('daemon started', { pid: 42, specs: 3 });
    log.error('run failed', { task: 'employees', code: 'ACCESS_DENIED', hint: 'GRANT SELECT ON `hr`.*' });
    const lines =
      '2026-03-01T02:03:04.567Z INFO  - daemon started pid=42 specs=3\n' +
      '2026-03-01T02:03:04.567Z ERROR employees run failed code=ACCESS_DENIED hint="GRANT SELECT ON `hr`.*"\n';
    expect(read('tidemark.log')).toBe(lines);
    expect(stderr()).toBe(lines);
  });

  it('leaves out what is below its level', () => {
    const { log } = open({ level: 'warn' });
    log.debug('a');
    log.info('b');
    log.warn('c');
    log.error('d');
    expect(read('tidemark.log').trim().split('\n')).toEqual([
      expect.stringContaining('WARN  - c'),
      expect.stringContaining('ERROR - d'),
    ]);
  });

  it('writes the lines of a run to its own file too, and to no other run', async () => {
    const { log } = open();
    const first = log.forRun('employees', '20260301020304');
    const second = log.forRun('jobs', '20260301020304');
    first.info('rows read', { rows: 107 });
    second.info('rows read', { rows: 19 });
    await Promise.all([first.close(), second.close()]);
    expect(first.file).toBe(join(folder, 'logs', 'employees', 'employees_20260301020304.log'));
    expect(read('employees', 'employees_20260301020304.log')).toBe(
      '2026-03-01T02:03:04.567Z INFO  employees rows read rows=107\n',
    );
    expect(read('jobs', 'jobs_20260301020304.log')).toContain('rows=19');
    expect(read('tidemark.log').split('\n')).toHaveLength(3);
  });

  it('gives the last lines of a run, oldest first', () => {
    const { log } = open();
    const run = log.forRun('employees', '20260301020304');
    log.info('of somebody else');
    for (let line = 1; line <= 500; line++) run.info(`line ${line}`);
    expect(run.tail(2)).toEqual([
      '2026-03-01T02:03:04.567Z INFO  employees line 499',
      '2026-03-01T02:03:04.567Z INFO  employees line 500',
    ]);
    expect(run.tail(0)).toEqual([]);
    expect(run.tail(10_000).length).toBeGreaterThanOrEqual(100);
    expect(run.tail(10_000).join()).not.toContain('somebody else');
  });

  it('takes secrets out of messages, fields, names, errors and objects, in every place it writes to', async () => {
    const secret = 'hunter2"x\n\'y';
    const { log, stderr } = open({ redact: createRedactor([secret]) });
    const run = log.forRun('employees', '20260301020304');
    run.info(`password ${secret}`, {
      sql: `SELECT '${secret}'`,
      deep: { password: secret, list: [secret] },
      url: `mysql://u:${encodeURIComponent(secret)}@db/hr`,
      failure: new Error(`refused ${secret}`),
      [secret]: 1,
    });
    log.warn(secret, { task: secret });
    await run.close();
    const everything = [stderr(), read('tidemark.log'), read('employees', 'employees_20260301020304.log')];
    for (const text of [...everything, run.tail(1).join()]) {
      expect(text).not.toContain('hunter2');
      expect(text).toContain('[redacted]');
    }
  });

  it.each(['\n', '\r\n', '\u2028', '\u0085', '\u001b[2K', '\u202e', '\0', '\v'])(
    'keeps a value with %j on one line, visible',
    (mark) => {
      const { log } = open();
      const forged = `x${mark}2026-03-01T02:03:04.567Z ERROR payroll run failed`;
      log
        .forRun('employees', '20260301020304')
        .info(forged, { value: forged, [forged]: 1, deep: { forged } });
      log.info('next', { task: forged });
      const lines = read('tidemark.log').split('\n');
      expect(lines).toHaveLength(3);
      // oxlint-disable-next-line no-control-regex -- control characters are what must not be there
      expect(lines.join('')).not.toMatch(/[\x00-\x1f\x7f-\x9f\u2028\u2029\u202e]/);
    },
  );

  it('renders any value: numbers of any size, dates, nothing, circles, getters that throw', () => {
    const { log } = open();
    const circle: Record<string, unknown> = { name: 'circle' };
    circle['self'] = circle;
    log.info('values', {
      big: 2n ** 64n,
      nested: { big: 1n },
      when: START,
      never: new Date(NaN),
      none: null,
      missing: undefined,
      empty: '',
      list: [1, 2],
      circle,
      throws: {
        get it(): string {
          throw new Error('no');
        },
      },
      text: 'two words',
      tricky: 'a="b"',
    });
    const line = read('tidemark.log');
    expect(line).toContain(
      'big=18446744073709551616 nested="{\\"big\\":\\"1\\"}" when=2026-03-01T02:03:04.567Z never="invalid date" none=null empty="" list="[1,2]"',
    );
    expect(line).not.toContain('missing');
    expect(line).toContain('text="two words" tricky="a=\\"b\\""');
    expect(line.split('\n')).toHaveLength(2);
  });

  describe('where the files cannot be written', () => {
    it('goes on at stderr on a full disk, tells it once, and writes on when there is room', async () => {
      mkdirSync(join(folder, 'logs'));
      const main = join(folder, 'logs', 'tidemark.log');
      symlinkSync('/dev/full', main);
      const { log, stderr, failures } = open();
      log.info('first');
      log.info('second');
      const run = log.forRun('employees', '20260301020304');
      run.info('third');
      await run.close();
      expect(failures).toHaveLength(1);
      expect(failures[0]).toMatchObject({
        code: 'LOGS_UNWRITABLE',
        message: expect.stringMatching(/tidemark\.log cannot be written \(ENOSPC.*stderr/),
      });
      expect(stderr()).toMatch(/first[\s\S]*second[\s\S]*third/);
      expect(stderr()).toContain('code=LOGS_UNWRITABLE');
      expect(read('employees', 'employees_20260301020304.log')).toContain('third');

      rmSync(main);
      log.info('fourth');
      expect(read('tidemark.log')).toMatch(/^\n.* fourth\n.* the log files are written again\n$/);

      rmSync(main);
      symlinkSync('/dev/full', main);
      log.info('fifth');
      expect(failures).toHaveLength(2);
    });

    it('goes on at stderr where the folder cannot be made, and keeps the tail', async () => {
      writeFileSync(join(folder, 'file'), '');
      const { log, stderr, failures } = open({ logsDir: join(folder, 'file', 'logs') });
      const run = log.forRun('employees', '20260301020304');
      run.info('only here');
      await run.close();
      expect(failures.map((failure) => failure.code)).toEqual(['LOGS_UNWRITABLE']);
      expect(stderr()).toContain('only here');
      expect(run.tail(1)).toEqual([expect.stringContaining('only here')]);
    });

    it('makes the folder again when somebody removed it', () => {
      const { log, failures } = open();
      log.info('one');
      rmSync(join(folder, 'logs'), { recursive: true });
      log.info('two');
      expect(read('tidemark.log')).toContain('two');
      expect(failures).toEqual([]);
    });

    it('may be used by the one it tells', () => {
      writeFileSync(join(folder, 'file'), '');
      const { log, stderr } = open({
        logsDir: join(folder, 'file'),
        onWriteFailure: (error) => log.warn('mail sent', { code: error.code }),
      });
      log.info('one');
      expect(stderr()).toContain('mail sent code=LOGS_UNWRITABLE');
    });

    it('survives a closed stderr', async () => {
      const stderr = new Writable({ write: (_chunk, _encoding, next) => next(new Error('EPIPE')) });
      const { log } = open({ stderr });
      log.info('one');
      await new Promise(setImmediate);
      log.info('two');
      await new Promise(setImmediate);
      expect(read('tidemark.log')).toMatch(/one\n.*two\n/);
    });
  });

  it('holds no file open, however many runs there were', async () => {
    const { log } = open();
    const handles = (): number => readdirSync('/proc/self/fd').length;
    log.info('warm');
    const before = handles();
    for (let run = 0; run < 500; run++) {
      const runLog = log.forRun('employees', String(20260301000000 + run));
      runLog.info('rows read', { rows: run });
      await runLog.close();
    }
    expect(readdirSync(join(folder, 'logs', 'employees'))).toHaveLength(500);
    expect(handles()).toBeLessThanOrEqual(before + 2);
  });

  // To stderr, a pipe that its reader does not empty in time makes Node wait with the rest, and `process.exit` would
  // not; so it takes a process that ends by itself, as Tidemark's does.
  it.each([
    ['at once', 'process.exit(0);', ['file']],
    ['by itself', '', ['file', 'stderr']],
  ])('has written every line when the process ends %s', (_, ending, places) => {
    const script = `
      import { createLog } from ${JSON.stringify(join(process.cwd(), 'src/log.ts'))};
      const log = createLog({ logsDir: ${JSON.stringify(join(folder, 'logs'))}, level: 'info', redact: (t) => t, onWriteFailure: () => {} });
      for (let i = 0; i < 1000; i++) log.info('line ' + i);
      ${ending}`;
    const child = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
    const written = { file: read('tidemark.log'), stderr: child.stderr };
    for (const place of places as (keyof typeof written)[]) {
      expect(written[place].trim().split('\n')).toHaveLength(1000);
    }
  });

  it('colours the level on a terminal only', () => {
    let written = '';
    const terminal = Object.assign(
      new Writable({
        write: (chunk, _encoding, next) => {
          written += String(chunk);
          next();
        },
      }),
      { isTTY: true, getColorDepth: () => 8 },
    );
    const before = process.env['NO_COLOR'];
    delete process.env['NO_COLOR'];
    const { log } = open({ stderr: terminal });
    log.error('bad');
    if (before !== undefined) process.env['NO_COLOR'] = before;
    expect(written).toBe('2026-03-01T02:03:04.567Z \u001b[31mERROR\u001b[39m - bad\n');
    expect(read('tidemark.log')).toBe('2026-03-01T02:03:04.567Z ERROR - bad\n');
  });
});
