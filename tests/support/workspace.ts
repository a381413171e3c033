/** A temporary folder with a config, as somebody who runs Tidemark would have: config.json, specs/, state/, logs/. */
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort } from './guarded.ts';
import { clearLater } from './leftovers.ts';

export interface WorkspaceOptions {
  /** Host, port, user, password and name of a database: a `TestDatabase` fits. */
  readonly database: {
    readonly host: string;
    readonly port: number;
    readonly user: string;
    readonly password: string;
    readonly name: string;
  };
  readonly s3: {
    readonly endpoint: string;
    readonly region: string;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  };
  readonly bucket: string;
  readonly mailbox?: { readonly host: string; readonly port: number };
  /** Top-level settings of the config that replace those written here. */
  readonly config?: Readonly<Record<string, unknown>>;
}

export interface Workspace {
  readonly folder: string;
  readonly configFile: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** Port of the daemon's HTTP server. */
  readonly httpPort: number;
  /** Writes `specs/NAME.json` in one step and returns its path. A string is written as it stands. */
  writeSpec(name: string, spec: unknown): string;
  /** Path of a file in the folder. */
  path(...parts: string[]): string;
  /** Text of a file in the folder. */
  read(...parts: string[]): string;
  remove(): void;
}

/** The sink of the config is called `s3`, the source `mysql`. */
export async function workspace(options: WorkspaceOptions): Promise<Workspace> {
  const { database, s3, bucket, mailbox } = options;
  const folder = mkdtempSync(path.join(tmpdir(), 'tidemark-test-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  const removed = clearLater(remove);
  const inFolder = (...parts: string[]): string => path.join(folder, ...parts);
  for (const name of ['specs', 'state', 'logs']) mkdirSync(inFolder(name));
  const httpPort = await freePort();
  const config = {
    sources: {
      mysql: {
        type: 'mysql',
        host: database.host,
        port: database.port,
        user: database.user,
        password: database.password,
        database: database.name,
      },
    },
    sinks: {
      s3: {
        type: 's3',
        bucket,
        region: s3.region,
        endpoint: s3.endpoint,
        force_path_style: true,
        access_key_id: s3.credentials.accessKeyId,
        secret_access_key: s3.credentials.secretAccessKey,
      },
    },
    ...(mailbox === undefined
      ? {}
      : {
          smtp: {
            host: mailbox.host,
            port: mailbox.port,
            from: 'tidemark@example.com',
            admin: 'data-platform@example.com',
          },
        }),
    specs_dir: inFolder('specs'),
    state_dir: inFolder('state'),
    logs_dir: inFolder('logs'),
    http: { host: '127.0.0.1', port: httpPort },
    ...options.config,
  };
  const configFile = inFolder('config.json');
  writeFileSync(configFile, JSON.stringify(config, null, 2));
  return {
    folder,
    configFile,
    config,
    httpPort,
    path: inFolder,
    writeSpec(name, spec) {
      const file = inFolder('specs', `${name}.json`);
      const temporary = inFolder(`${name}.json.tmp`);
      writeFileSync(temporary, typeof spec === 'string' ? spec : JSON.stringify(spec, null, 2));
      renameSync(temporary, file);
      return file;
    },
    read: (...parts) => readFileSync(inFolder(...parts), 'utf8'),
    remove() {
      removed();
      remove();
    },
  };
}
