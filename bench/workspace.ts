/** A config and the specs of the benchmark in a temporary folder. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FORMATS } from './format-goals.ts';

export interface Workspace {
  /** Arguments of the CLI that run a task. */
  run(task: string): string[];
}

/** Ten rows to join with, so that a million rows are read ten times over. */
const TEN = Array.from({ length: 10 }, (_, n) => `SELECT ${n} AS n`).join(' UNION ALL ');

export function benchWorkspace(home: string, database: URL, endpoint: string): Workspace {
  mkdirSync(join(home, 'specs'), { recursive: true });
  const config = join(home, 'config.json');
  writeFileSync(config, JSON.stringify(benchConfig(home, database, endpoint)));
  const common = { owner: { email: 'bench@example.com' }, source: 'mysql', sink: 's3' };
  const million = { l_id: { condition: '<', metric: 1_000_000 } };
  const specs: Record<string, object> = {
    line_item: { table: { name: 'line_item' } },
    one_million: { table: { name: 'line_item', filters: million } },
    ten_million: {
      query: { custom: `SELECT l.* FROM line_item AS l CROSS JOIN (${TEN}) AS ten WHERE l.l_id < 1000000` },
    },
  };
  for (const { task, fields } of FORMATS) {
    specs[task] = { table: { name: 'line_item' }, ...fields };
    specs[`${task}_million`] = { table: { name: 'line_item', filters: million }, ...fields };
  }
  for (const [task, spec] of Object.entries(specs)) {
    writeFileSync(
      join(home, 'specs', `${task}.json`),
      JSON.stringify({ task_name: task, ...spec, ...common }),
    );
  }
  return {
    run: (task) => ['run', '--config', config, '--spec', join(home, 'specs', `${task}.json`), '--json'],
  };
}

export function benchConfig(home: string, database: URL, endpoint: string): object {
  return {
    sources: {
      mysql: {
        type: 'mysql',
        host: database.hostname,
        port: Number(database.port),
        user: database.username,
        password: database.password,
        database: 'bench',
        tls: 'disabled',
      },
    },
    sinks: {
      s3: {
        type: 's3',
        bucket: 'exports',
        region: 'eu-west-1',
        endpoint,
        force_path_style: true,
        access_key_id: 'key',
        secret_access_key: 'secret',
      },
    },
    specs_dir: join(home, 'specs'),
    state_dir: join(home, 'state'),
    logs_dir: join(home, 'logs'),
    log_level: 'warn',
    http: null,
    // As one object, whatever is estimated.
    batch_threshold_mb: 100_000,
  };
}
