/** Facts and specs for the tests of findings. */
import type { ServerFacts } from '../../../src/check-ports.ts';
import type { TaskPlace } from '../../../src/check/finding.ts';
import { showPath } from '../../../src/spec/show.ts';

/** A server at which nothing is amiss. */
export function serverFacts(more: Partial<ServerFacts> = {}): ServerFacts {
  return {
    server: { host: 'db.example.com', port: 3306, database: 'hr', version: '8.4.3', flavor: 'mysql' },
    account: "'tm'@'%'",
    tls: { protocol: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' },
    loopback: false,
    grants: ['GRANT SELECT, SHOW VIEW ON `hr`.* TO `tm`@`%`'],
    namedZones: true,
    seesTransactions: true,
    replication: 'none',
    log: { server: 'db', position: 'u:1-9', settled: true, obstacle: null },
    readOnly: false,
    ...more,
  };
}

/** Everything stands in line 1 of the task's file. */
export function taskPlace(task: string): TaskPlace {
  return { task, at: (...path) => ({ file: `${task}.json`, line: 1, column: 1, path: showPath(path) }) };
}
