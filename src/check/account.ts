/** Whether an account may do more than reading needs, and the statements that put it right. Pure. */
import type { ServerFacts } from '../check-ports.ts';
import { quoteName } from '../plan/sql.ts';
import type { Finding } from './finding.ts';
import { privilegeName, readGrants, type Grant } from './grants.ts';

/** What reading takes, and what tells how complete it is. */
const NEEDED: ReadonlySet<string> = new Set([
  'USAGE',
  'SELECT',
  'SHOW VIEW',
  'EXECUTE',
  'PROCESS',
  'SHOW DATABASES',
  'REPLICATION CLIENT',
  'BINLOG MONITOR',
  'SLAVE MONITOR',
  'REPLICA MONITOR',
]);

/** Who has one of these on all of the server runs it, and must not lose it: Tidemark then gets an account of its own. */
const OF_ADMINISTRATORS: ReadonlySet<string> = new Set([
  'ALL PRIVILEGES',
  'SUPER',
  'CREATE USER',
  'SHUTDOWN',
  'RELOAD',
]);

/** What `"consistency": "locked"` takes, too. */
const LOCKING: ReadonlySet<string> = new Set(['LOCK TABLES', 'RELOAD', 'FLUSH_TABLES']);

const MOST_NAMED = 8;

/**
 * @param watermarks whether a spec on the source has one: the account then needs PROCESS.
 * @param locks whether one keeps writers out.
 */
export function accountFindings(
  name: string,
  facts: ServerFacts,
  watermarks: boolean,
  locks = false,
): Finding[] {
  const { grants, roles } = readGrants(facts.grants);
  const excess = grants
    .map((grant) => excessOf(grant, locks))
    .filter(({ privileges }) => privileges.length > 0);
  const common = { scope: 'source', name, tasks: [], places: [] } as const;
  if (excess.length > 0) {
    const isAdministrator = excess.some(
      ({ object, privileges }) => object === '*.*' && privileges.some((one) => OF_ADMINISTRATORS.has(one)),
    );
    const sql = isAdministrator
      ? ownAccount(facts, watermarks)
      : [
          ...(roles ? ['-- Revoke from the role what comes through a role.'] : []),
          ...excess.flatMap(revoke),
          ...(excess.some(({ privileges }) => privileges.includes('ALL PRIVILEGES')) ? [reading(facts)] : []),
        ].join('\n');
    const message =
      `${facts.account} may do more than read: ${excess.map(inWords).join('; ')}.` +
      (isAdministrator ? ' Give Tidemark an account of its own.' : '');
    return [
      {
        ...common,
        severity: 'warning',
        code: 'GRANTS_EXCESSIVE',
        message,
        remedy: { kind: 'sql', text: sql },
      },
    ];
  }
  const everywhere = grants.find(
    ({ object, privileges }) => object === '*.*' && privileges.includes('SELECT'),
  );
  if (everywhere === undefined) return [];
  const message =
    `${facts.account} may read every database of the server, with the accounts and password hashes of mysql.user: ` +
    'so may whoever writes a spec.';
  const sql = `${reading(facts)}\nREVOKE SELECT ON *.* FROM ${everywhere.grantee};`;
  return [
    {
      ...common,
      severity: 'warning',
      code: 'GRANTS_ALL_DATABASES',
      message,
      remedy: { kind: 'sql', text: sql },
    },
  ];
}

function excessOf({ privileges, handsOn, ...grant }: Grant, locks: boolean): Grant {
  const isNeeded = (name: string): boolean => NEEDED.has(name) || (locks && LOCKING.has(name));
  const more = [...new Set(privileges)].filter((one) => !isNeeded(privilegeName(one)));
  return { ...grant, handsOn, privileges: handsOn ? [...more, 'GRANT OPTION'] : more };
}

function inWords({ privileges, object }: Grant): string {
  const rest = privileges.length - MOST_NAMED;
  const named = privileges.slice(0, MOST_NAMED).join(', ').replaceAll('`', '');
  return `${named}${rest > 0 ? ` and ${rest} more` : ''} on ${object.replaceAll('`', '')}`;
}

function revoke({ privileges, object, grantee }: Grant): string[] {
  // ALL and GRANT OPTION stand in one statement only where it names no object.
  const all = privileges.filter((one) => one === 'ALL PRIVILEGES');
  const others = privileges.filter((one) => one !== 'ALL PRIVILEGES');
  return [all, others]
    .filter((some) => some.length > 0)
    .map((some) => `REVOKE ${some.join(', ')} ON ${object} FROM ${grantee};`);
}

function reading({ server, account }: Pick<ServerFacts, 'server' | 'account'>): string {
  return `GRANT SELECT, SHOW VIEW ON ${quoteName(server.database)}.* TO ${account};`;
}

function ownAccount({ server, account }: ServerFacts, watermarks: boolean): string {
  const host = account.slice(account.lastIndexOf('@'));
  const own = `'tidemark'${host}`;
  return [
    `CREATE USER ${own} IDENTIFIED BY '…';`,
    reading({ server, account: own }),
    ...(watermarks ? [`GRANT PROCESS ON *.* TO ${own};`] : []),
  ].join('\n');
}
