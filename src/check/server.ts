/** What is to be said of a database server and of the way to it. Pure. */
import type { ServerFacts } from '../check-ports.ts';
import { accountFindings } from './account.ts';
import type { Finding, FindingCode, Remedy, Severity } from './finding.ts';
import { momentFindings, type MomentNeeds } from './moment.ts';

/** What the specs on a source need of its server; each by the names of the tasks. */
export interface ServerNeeds {
  /** Watermarks that are times. */
  readonly watermarks: readonly string[];
  /** SQL of their own that calls CONVERT_TZ. */
  readonly zones: readonly string[];
  /** `max_load` with a `replica_lag`: their runs fail where they may not ask. */
  readonly replicaLag: readonly string[];
  readonly moment: MomentNeeds;
}

/** The oldest versions that the tests run on. */
const OLDEST = { mysql: [5, 6], mariadb: [10, 6] } as const;
const NAMES = { mysql: 'MySQL', mariadb: 'MariaDB' } as const;

/** Makes findings about one source. */
type Finder = (
  severity: Severity,
  code: FindingCode,
  message: string,
  remedy?: Remedy | null,
  tasks?: readonly string[],
) => Finding;

/**
 * @param name of the source in the config.
 * @param tls the source's setting.
 */
export function serverFindings(name: string, facts: ServerFacts, needs: ServerNeeds, tls: string): Finding[] {
  const find: Finder = (severity, code, message, remedy = null, tasks = []) => ({
    severity,
    code,
    scope: 'source',
    name,
    tasks,
    places: [],
    message,
    remedy,
  });
  return [
    serverFinding(facts, find),
    ...connectionFindings(name, facts, tls, find),
    ...accountFindings(name, facts, needs.watermarks.length > 0, mayNeedLocks(needs)),
    ...versionFindings(facts, find),
    ...(facts.seesTransactions ? [] : [hiddenTransactions(facts, needs, find)]),
    ...(facts.replication === 'hidden' ? [hiddenReplication(facts, needs, find)] : []),
    ...momentFindings(name, facts, needs.moment),
    ...(facts.namedZones ? [] : [missingZones(facts, needs, find)]),
  ];
}

function mayNeedLocks({ moment }: ServerNeeds): boolean {
  return moment.locked.length + moment.lockedQueries.length > 0;
}

/** `MariaDB 10.11.19`, without the names that distributions add. */
function productOf({ server }: ServerFacts): string {
  return `${NAMES[server.flavor]} ${versionOf(server.version)}`;
}

function versionOf(version: string): string {
  return version.split('-')[0] ?? version;
}

function serverFinding(facts: ServerFacts, find: Finder): Finding {
  const { server, account, tls } = facts;
  const encrypted = tls === null ? 'not encrypted' : `${tls.protocol} (${tls.cipher})`;
  const where = `${server.host}:${server.port}, database ${server.database}`;
  return find('info', 'SERVER', `${productOf(facts)} on ${where}, ${encrypted}, as ${account}`);
}

function versionFindings(facts: ServerFacts, find: Finder): Finding[] {
  const oldest = OLDEST[facts.server.flavor];
  if (!isOlder(facts.server.version, oldest)) return [];
  const message = `${productOf(facts)} is older than ${oldest.join('.')}, the oldest version that Tidemark is tested on.`;
  const advice = words('Upgrade the server, or read from a replica of a newer version.');
  return [find('warning', 'SERVER_OLD', message, advice)];
}

function hiddenTransactions({ account }: ServerFacts, { watermarks }: ServerNeeds, find: Finder): Finding {
  const [severity, why] =
    watermarks.length > 0
      ? (['warning', ': only the lag of a watermark keeps rows that are committed late.'] as const)
      : (['info', '; watermarks would need it.'] as const);
  const message = `${account} may not see open transactions (information_schema.INNODB_TRX)${why}`;
  return find(
    severity,
    'TRANSACTIONS_HIDDEN',
    message,
    sql(`GRANT PROCESS ON *.* TO ${account};`),
    watermarks,
  );
}

function hiddenReplication(
  { account, server, readOnly }: ServerFacts,
  { watermarks, replicaLag }: ServerNeeds,
  find: Finder,
): Finding {
  const fails = replicaLag.length > 0;
  // An ordinary server may be written to; of one that may not, it is likely that it is a replica.
  const severity = fails ? 'error' : watermarks.length > 0 && readOnly ? 'warning' : 'info';
  const why = fails
    ? '"replica_lag" of "max_load" needs it.'
    : 'Where the server is a replica, watermarks need it.';
  const message = `${account} may not ask how far replication is behind. ${why}`;
  const isRenamed = server.flavor === 'mariadb' && !isOlder(server.version, [10, 5]);
  const grant = sql(`GRANT ${isRenamed ? 'SLAVE MONITOR' : 'REPLICATION CLIENT'} ON *.* TO ${account};`);
  return find(severity, 'REPLICATION_HIDDEN', message, grant, fails ? replicaLag : watermarks);
}

function missingZones({ server }: ServerFacts, { zones }: ServerNeeds, find: Finder): Finding {
  const [load, client] =
    server.flavor === 'mariadb' ? ['mariadb-tzinfo-to-sql', 'mariadb'] : ['mysql_tzinfo_to_sql', 'mysql'];
  const message = 'The server has no zone tables: CONVERT_TZ with a name such as Europe/Berlin gives NULL.';
  const remedy = { kind: 'shell', text: `${load} /usr/share/zoneinfo | ${client} -u root -p mysql` } as const;
  return find(zones.length > 0 ? 'warning' : 'info', 'ZONES_MISSING', message, remedy, zones);
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
  find: Finder,
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
