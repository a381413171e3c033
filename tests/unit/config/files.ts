/** Config files for tests, in a folder that is removed after them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FaultsError } from '../../../src/errors.ts';
import { loadConfig } from '../../../src/config/load.ts';
import type { LoadOptions } from '../../../src/config/load.ts';
import type { Config } from '../../../src/config/config.ts';

export const folder = mkdtempSync(join(tmpdir(), 'tidemark-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

export const MINIMAL = {
  sources: { mysql: { user: 'tidemark', database: 'hr' } },
  sinks: { s3: { bucket: 'exports' } },
};

/** Writes a file and returns its path. */
export function write(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** The config of a document, or of a text as it stands. */
export function load(document: object | string, options: Partial<LoadOptions> = {}): Config {
  const text = typeof document === 'string' ? document : JSON.stringify(document);
  return loadConfig({ file: write('config.json', text), env: {}, ...options });
}

/** The faults of a config as `path: message`, those of the environment and the command line with their origin. */
export function faultsOf(document: object | string, options: Partial<LoadOptions> = {}): string[] {
  try {
    load(document, options);
  } catch (error) {
    if (!(error instanceof FaultsError)) throw error;
    return error.faults.map(({ file, path, message }) => {
      const origin = file.startsWith(folder) ? '' : `[${file}] `;
      return `${origin}${path}: ${message}`;
    });
  }
  throw new Error('expected faults, found none');
}
