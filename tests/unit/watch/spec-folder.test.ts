import { chmod, mkdir, mkdtemp, rename, rm, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isSpecFileName, specFolder } from '../../../src/watch/spec-folder.ts';
import { parseSample } from './sample-spec.ts';

describe('isSpecFileName', () => {
  it.each(['a.json', 'A b.json', 'x.prod.json'])('takes %s', (name) => {
    expect(isSpecFileName(name)).toBe(true);
  });

  it.each([
    '.a.json',
    '.a.json.swp',
    'a.json~',
    '#a.json#',
    '.#a.json',
    '4913',
    'a.json.tmp',
    'sedXY12',
    '~a.json',
    'a.JSON.bak',
    'spec.schema.json',
    'README.md',
    '..data',
  ])('leaves %s alone', (name) => {
    expect(isSpecFileName(name)).toBe(false);
  });
});

describe('specFolder', () => {
  let folder: string;
  const path = (name: string) => join(folder, name);
  const text = (task: string) => JSON.stringify({ task_name: task });
  /** Long ago, so that the time stamp is to be trusted. */
  const write = async (name: string, content: string, seconds = 1_000_000_000) => {
    await writeFile(path(name), content);
    await utimes(path(name), seconds, seconds);
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tidemark-specs-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('reads the specs of a folder, and a second time only what has changed', async () => {
    await write('b.json', text('b'));
    await write('a.json', text('a'));
    await write('notes.txt', 'no spec');
    await mkdir(path('folder.json'));
    const scan = specFolder(folder, parseSample, 0);
    const first = await scan();
    expect(first.present).toEqual([path('a.json'), path('b.json')]);
    expect([...first.read.keys()]).toEqual([path('a.json'), path('b.json')]);
    expect(first.read.get(path('a.json'))).toMatchObject({ spec: { taskName: 'a' } });

    expect((await scan()).read.size).toBe(0);
    await write('b.json', text('c'), 1_000_000_001);
    expect([...(await scan()).read]).toMatchObject([[path('b.json'), { spec: { taskName: 'c' } }]]);
  });

  it('blames a file that cannot be looked at, and reads the others', async () => {
    await write('a.json', text('a'));
    // A name too long to be looked up: an error of stat that has nothing to do with who is asking.
    await symlink(`/${'x'.repeat(300)}`, path('b.json'));
    const scan = specFolder(folder, parseSample, 0);
    const { present, read } = await scan();
    expect(present).toEqual([path('a.json'), path('b.json')]);
    expect(read.get(path('a.json'))).toMatchObject({ spec: { taskName: 'a' } });
    expect(read.get(path('b.json'))).toMatchObject({ error: { code: 'SPEC_INVALID' } });
    expect((await scan()).read.size).toBe(0);
  });

  it('hands on nothing where a file was written anew with the same content', async () => {
    await write('a.json', text('a'));
    const scan = specFolder(folder, parseSample, 0);
    await scan();
    await write('a.json', text('a'), 1_000_000_001);
    expect(await scan()).toMatchObject({ present: [path('a.json')], recheckAfter: null, read: new Map() });
  });

  it('reads a file that has just been written once more, since its time stamp may not show a second write', async () => {
    await writeFile(path('a.json'), text('a'));
    // A clock that is a second ahead leaves three to look at the file in.
    const now = new Date(Date.now() + 1000);
    await utimes(path('a.json'), now, now);
    const scan = specFolder(folder, parseSample, 0);
    expect((await scan()).recheckAfter).toBe(2000);
  });

  it('waits for the rest of a half-written file', async () => {
    await write('a.json', text('a').slice(0, 5));
    const scan = specFolder(folder, parseSample, 60_000);
    expect(await scan()).toMatchObject({ read: new Map(), recheckAfter: 60_000 });
    expect((await scan()).read.size).toBe(0);
    await write('a.json', text('a'), 1_000_000_001);
    expect((await scan()).read.get(path('a.json'))).toMatchObject({ spec: { taskName: 'a' } });
  });

  it('hands on what does not parse when it stays as it is', async () => {
    await write('a.json', '{');
    const scan = specFolder(folder, parseSample, 20);
    await scan();
    await new Promise((resolve) => setTimeout(resolve, 30));
    const second = await scan();
    expect(second.read.get(path('a.json'))).toMatchObject({ error: { code: 'SPEC_INVALID' } });
    expect(second.recheckAfter).toBeNull();
    expect((await scan()).read.size).toBe(0);
  });

  it('follows links, sees where they lead anew, and leaves out those that lead nowhere', async () => {
    await mkdir(path('..2026_1'));
    await mkdir(path('..2026_2'));
    await write('..2026_1/a.json', text('one'));
    await write('..2026_2/a.json', text('two'));
    await symlink('..2026_1', path('..data'));
    await symlink('..data/a.json', path('a.json'));
    await symlink('nowhere', path('b.json'));
    await symlink('c.json', path('c.json'));
    const scan = specFolder(folder, parseSample, 0);
    const first = await scan();
    expect(first.present).toEqual([path('a.json')]);
    await symlink('..2026_2', path('..data_tmp'));
    await rename(path('..data_tmp'), path('..data'));
    expect((await scan()).read.get(path('a.json'))).toMatchObject({ spec: { taskName: 'two' } });
  });

  it('calls a file of many megabytes invalid without reading it', async () => {
    await write('a.json', '');
    await truncate(path('a.json'), 5_000_000_000);
    const { read } = await specFolder(folder, parseSample, 0)();
    expect(read.get(path('a.json'))).toMatchObject({
      error: { message: expect.stringContaining('has 5000000000 bytes') as string },
    });
  });

  it('says which file it may not read', async () => {
    await write('a.json', text('a'));
    await chmod(path('a.json'), 0);
    const { read } = await specFolder(folder, parseSample, 0)();
    // root may read everything
    const expected =
      process.getuid?.() === 0 ? { spec: { taskName: 'a' } } : { error: { code: 'SPEC_INVALID' } };
    expect(read.get(path('a.json'))).toMatchObject(expected);
  });

  it('rejects where the folder is gone, and knows a new folder from the old', async () => {
    const scan = specFolder(folder, parseSample, 0);
    const { identity } = await scan();
    await rename(folder, `${folder}-old`);
    await expect(scan()).rejects.toMatchObject({ code: 'ENOENT' });
    await mkdir(folder);
    expect((await scan()).identity).not.toBe(identity);
    await rm(`${folder}-old`, { recursive: true });
  });
});
