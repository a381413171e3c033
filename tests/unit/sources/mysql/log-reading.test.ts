/** What the end of a log proves, on servers that tests do not start. */
import { readLog } from '../../../../src/sources/mysql/log-reading.ts';
import { fakeSession, SERVER } from './session.ts';

function serverWith(variables: Readonly<Record<string, string>>, owned: string) {
  return fakeSession((sql) => {
    if (sql.includes('server\\_uuid')) return [{ Variable_name: 'server_uuid', Value: 'u' }];
    if (sql.startsWith('SHOW GLOBAL VARIABLES'))
      return Object.entries(variables).map(([name, value]) => ({ Variable_name: name, Value: value }));
    if (sql === 'SHOW BINARY LOG STATUS')
      return [{ File: 'b.000001', Position: '157', Binlog_Do_DB: '', Binlog_Ignore_DB: '' }];
    if (sql.startsWith('SHOW GLOBAL STATUS')) return [{ Value: '0' }];
    if (sql.includes('gtid_owned')) return [{ owned }];
    if (sql.includes('gtid_executed')) return [{ executed: 'u:1-7' }];
    return [];
  });
}

const LOGGING = { log_bin: 'ON', log_replica_updates: 'ON' };

it.each(['ON_PERMISSIVE', 'OFF_PERMISSIVE'])(
  'counts commits with a GTID where the mode is %s: they are not anonymous',
  async (mode) => {
    const variables = { ...LOGGING, gtid_mode: mode };
    const position = 'b.000001:157';
    expect(await readLog(serverWith(variables, 'u:8#14'), SERVER)).toMatchObject({
      position,
      settled: false,
    });
    expect(await readLog(serverWith(variables, ''), SERVER)).toMatchObject({ position, settled: true });
  },
);

it.each(['ON', 'OFF'])('proves nothing on a node of Galera that does not log, gtid_mode %s', async (mode) => {
  const variables = { log_bin: 'ON', log_replica_updates: 'OFF', wsrep_on: 'ON', gtid_mode: mode };
  expect(await readLog(serverWith(variables, ''), SERVER)).toMatchObject({
    obstacle: {
      why: 'the server applies changes of others that it does not log (log_replica_updates is OFF)',
    },
  });
  const logging = { ...variables, log_replica_updates: 'ON' };
  expect(await readLog(serverWith(logging, ''), SERVER)).toMatchObject({ settled: true, obstacle: null });
});
