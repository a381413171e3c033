/** What is to be said of a database server and of the way to it. Pure. */
import type { ServerFacts } from '../check-ports.ts';
import { accountFindings } from './account.ts';
import type { Finding, FindingCode, Remedy, Severity } from './finding.ts';

/** What the specs on a source need of its server; each by the names of the tasks. */
export interface ServerNeeds {
  /** Watermarks that are times. */
  readonly watermarks: readonly string[];
  /** SQL of their own that calls CONVERT_TZ. */
  readonly zones: readonly string[];
  /** `max_load` with a `replica_lag`: their runs fail where they may not ask. */
  readonly replicaLag: readonly string[];
}

/** The oldest versions that the tests run on. */
const OLDEST = { mysql: [5, 6], mariadb: [10, 6] } as const;
const NAMES = { mysql: 'MySQL', mariadb: 'MariaDB' } as const;

/**
 * @param name of the source in the config.
 * @param tls the source's setting.
 */
export function serverFindings(name: string, facts: ServerFacts, needs: ServerNeeds, tls: string): Finding[] {
  const { server, account } = facts;
  const find = (
    severity: Severity,
    code: FindingCode,
    message: string,
    remedy: Remedy | null = null,
    tasks: readonly string[] = [],
  ): Finding => ({ severity, code, scope: 'source', name, tasks, places: [], message, remedy });
  const [version = ''] = server.version.split('-');
  const encrypted = facts.tls === null ? 'not encrypted' : `${facts.tls.protocol} (${facts.tls.cipher})`;
  const findings = [
    find(
      'info',
      'SERVER',
      `${NAMES[server.flavor]} ${version} on ${server.host}:${server.port}, database ${server.database}, ${encrypted}, as ${account}`,
    ),
    ...connectionFindings(name, facts, tls, find),
    ...accountFindings(name, facts, needs.watermarks.length > 0),
  ];
  const oldest = OLDEST[server.flavor];
  if (isOlder(version, oldest)) {
    const message = `${NAMES[server.flavor]} ${version} is older than ${oldest.join('.')}, the oldest version that Tidemark is tested on.`;
    findings.push(
      find(
        'warning',
        'SERVER_OLD',
        message,
        words('Upgrade the server, or read from a replica of a newer version.'),
      ),
    );
  }
  if (!facts.seesTransactions) {
    const waits = needs.watermarks.length > 0;
    findings.push(
      find(
        waits ? 'warning' : 'info',
        'TRANSACTIONS_HIDDEN',
        `${account} may not see open transactions (information_schema.INNODB_TRX)` +
          (waits
            ? ': only the lag of a watermark keeps rows that are committed late.'
            : '; watermarks would need it.'),
        sql(`GRANT PROCESS ON *.* TO ${account};`),
        needs.watermarks,
      ),
    );
  }
  if (facts.replication === 'hidden') {
    const fails = needs.replicaLag.length > 0;
    // An ordinary server may be written to; of one that may not, it is likely that it is a replica.
    const waits = needs.watermarks.length > 0 && facts.readOnly;
    const monitor = server.flavor === 'mariadb' && !isOlder(version, [10, 5]);
    const why = fails
      ? '"replica_lag" of "max_load" needs it.'
      : 'Where the server is a replica, watermarks need it.';
    findings.push(
      find(
        fails ? 'error' : waits ? 'warning' : 'info',
        'REPLICATION_HIDDEN',
        `${account} may not ask how far replication is behind. ${why}`,
        sql(`GRANT ${monitor ? 'SLAVE MONITOR' : 'REPLICATION CLIENT'} ON *.* TO ${account};`),
        fails ? needs.replicaLag : needs.watermarks,
      ),
    );
  }
  if (!facts.namedZones) {
    const used = needs.zones.length > 0;
    const load = server.flavor === 'mariadb' ? 'mariadb-tzinfo-to-sql' : 'mysql_tzinfo_to_sql';
    const client = server.flavor === 'mariadb' ? 'mariadb' : 'mysql';
    findings.push(
      find(
        used ? 'warning' : 'info',
        'ZONES_MISSING',
        'The server has no zone tables: CONVERT_TZ with a name such as Europe/Berlin gives NULL.',
        { kind: 'shell', text: `${load} /usr/share/zoneinfo | ${client} -u root -p mysql` },
        needs.zones,
      ),
    );
  }
  return findings;
}

/** Whether `10.4.34` comes before 10.5. */
function isOlder(version: string, [major, minor]: readonly [number, number]): boolean {
  const [foundMajor = 0, foundMinor = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  return foundMajor < major || (foundMajor === major && foundMinor < minor);
}

function connectionFindings(
  name: string,
  { tls, loopback }: ServerFacts,
  setting: string,
  find: (severity: Severity, code: FindingCode, message: string, remedy?: Remedy | null) => Finding,
): Finding[] {
  const insist = (value: string): Remedy => ({
    kind: 'config',
    text: JSON.stringify({ sources: { [name]: { tls: value } } }),
  });
  if (tls === null) {
    const message =
      setting === 'disabled'
        ? 'The connection is not encrypted, as "tls" is "disabled": whoever is on the way reads the rows.'
        : 'The connection is not encrypted, as the server does not offer it: whoever is on the way reads the rows. Set TLS up on the server, then insist on it.';
    return loopback ? [] : [find('warning', 'TLS_NONE', message, insist('required'))];
  }
  const findings: Finding[] = [];
  if (/^TLSv1(\.[01])?$/.test(tls.protocol)) {
    const message = `The connection uses ${tls.protocol}, which is no longer considered safe.`;
    findings.push(find('warning', 'TLS_OLD', message, words('Allow TLSv1.2 or TLSv1.3 on the server.')));
  }
  if (setting !== 'verify' && !loopback) {
    const message =
      'The certificate of the server is not checked, so somebody in between could pass for it. For a private authority, name its certificate in "tls_ca".';
    findings.push(find('info', 'TLS_UNVERIFIED', message, insist('verify')));
  }
  return findings;
}

function words(text: string): Remedy {
  return { kind: 'words', text };
}

function sql(text: string): Remedy {
  return { kind: 'sql', text };
}
