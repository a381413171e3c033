/** The commands of docs/operations.md that back the state up, run as they stand there while runs are recorded. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { DatabaseSync } from 'node:sqlite';
import { openState, readState } from '../../../src/state/database.ts';
import { listRuns } from '../../../src/state/history.ts';

const DOCS = readFileSync('docs/operations.md', 'utf8');
const BLOCK = /### Backup[^]*?```sh\n(node -e [^\n]*)\n```[^]*?```sh\n(sqlite3 [^\n]*)\n```/.exec(DOCS);

let folder: string;
let writer: ChildProcess;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-backup-'));
  // The command finds the Node of this project.
  mkdirSync(join(folder, 'bin'));
  symlinkSync(process.execPath, join(folder, 'bin/node'));
  writer = fork(new URL('./writing-child.ts', import.meta.url), [join(folder, 'state')], { execArgv: [] });
  await once(writer, 'message');
});
afterEach(async () => {
  const gone = once(writer, 'exit');
  writer.kill('SIGKILL');
  await gone;
  rmSync(folder, { recursive: true });
});

function shell(command: string) {
  const PATH = `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}`;
  return spawnSync('sh', ['-c', command], { cwd: folder, encoding: 'utf8', env: { PATH } });
}

const runs = (stateDir: string): number => {
  const { db, close } = readState(stateDir);
  const count = listRuns(db, { task: null, since: null, limit: 100_000 }).length;
  close();
  return count;
};

it('writes what was committed, whole, while others write; a copy can take its place', () => {
  const command = BLOCK![1]!;
  const state = join(folder, 'state');
  for (let round = 0; round < 3; round++) {
    rmSync(join(folder, 'backup.db'), { force: true });
    const before = runs(state);
    const done = shell(command);
    expect(done).toMatchObject({ status: 0, stdout: '' });
    const after = runs(state);
    expect(after).toBeGreaterThan(before); // it kept nobody from writing
    const copy = new DatabaseSync(join(folder, 'backup.db'), { readOnly: true });
    expect(copy.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
    // Of each run that is in it, all is in it: its file, and the watermark that it moved last.
    expect(
      copy
        .prepare(
          `SELECT (SELECT count(*) FROM run) AS runs, (SELECT count(*) FROM run_file) AS files,
                  (SELECT run_id FROM watermark) = (SELECT run_id FROM run ORDER BY id DESC LIMIT 1) AS together`,
        )
        .get(),
    ).toEqual({ runs: expect.any(Number) as number, files: runsOf(copy), together: 1 });
    expect(runsOf(copy)).toBeGreaterThanOrEqual(before);
    expect(runsOf(copy)).toBeLessThanOrEqual(after);
    copy.close();
  }
  const restored = join(folder, 'restored');
  mkdirSync(restored);
  copyFileSync(join(folder, 'backup.db'), join(restored, 'tidemark.db'));
  const { db, close } = openState(restored);
  expect(listRuns(db, { task: null, since: null, limit: 1 })).toHaveLength(1);
  close();
});

it('overwrites nothing, and makes no file of a name that is wrong', () => {
  const command = BLOCK![1]!;
  expect(shell(command).status).toBe(0);
  expect(shell(command).status).not.toBe(0);
  expect(
    shell(command.replace('tidemark.db', 'tidemerk.db').replace('backup.db', 'other.db')).stderr,
  ).toContain('unable to open database file');
});

it('is the same with the sqlite3 program', () => {
  // Where the program is not installed, Node stands in for it: the statement is the same.
  const [, file, statement] = /^sqlite3 (\S+) "(.*)"$/.exec(BLOCK![2]!)!;
  const db = new DatabaseSync(join(folder, file!), { readOnly: true });
  const backup = join(folder, 'backup.db');
  db.exec(statement!.replace("'backup.db'", `'${backup}'`));
  db.close();
  mkdirSync(join(dirname(backup), 'again'));
  copyFileSync(backup, join(folder, 'again/tidemark.db'));
  expect(runs(join(folder, 'again'))).toBeGreaterThan(0);
});

function runsOf(db: DatabaseSync): number {
  return db.prepare('SELECT count(*) AS runs FROM run').get()!['runs'] as number;
}
