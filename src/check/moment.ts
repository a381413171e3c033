/** Whether several connections to a server can prove that they read as of one moment, with the grants of today. Pure. */
import type { ServerFacts } from '../check-ports.ts';
import { quoteName } from '../plan/sql.ts';
import type { Finding, Remedy } from './finding.ts';
import { privilegeName, readGrants } from './grants.ts';

/** What specs that read with several connections, or lock, ask of their server; each by the names of the tasks. */
export interface MomentNeeds {
  /** They take the best that can be proved. */
  readonly best: readonly string[];
  /** They fail where it cannot be proved. */
  readonly snapshot: readonly string[];
  /** They keep writers out of their tables. */
  readonly locked: readonly string[];
  /** They keep writers out of everything: nobody knows which tables a custom query reads. */
  readonly lockedQueries: readonly string[];
}

export const ALL_ALONE: MomentNeeds = { best: [], snapshot: [], locked: [], lockedQueries: [] };

/** @param name of the source in the config. */
export function momentFindings(name: string, facts: ServerFacts, needs: MomentNeeds): Finding[] {
  const common = { scope: 'source', name, places: [] } as const;
  const findings: Finding[] = [];
  const { obstacle } = facts.log;
  const asking = [...needs.best, ...needs.snapshot];
  if (asking.length > 0 && obstacle === null) {
    const when =
      facts.server.flavor === 'mariadb'
        ? ''
        : ', wherever nothing is committed for as long as it takes to begin; else "consistency": "locked" does';
    const message = `Several connections can prove that they read as of one moment${when}.`;
    findings.push({ ...common, severity: 'info', code: 'MOMENT', tasks: asking, message, remedy: null });
  }
  if (obstacle !== null) {
    const unproven = `Several connections cannot prove that they read as of one moment: ${obstacle.why}.`;
    const { grant = null } = obstacle;
    const remedy: Remedy =
      grant === null ? { kind: 'words', text: obstacle.remedy } : { kind: 'sql', text: grant };
    const found = { ...common, code: 'MOMENT_UNPROVEN', remedy } as const;
    if (needs.snapshot.length > 0) {
      const message = `${unproven} "consistency": "snapshot" then fails.`;
      findings.push({ ...found, severity: 'error', tasks: needs.snapshot, message });
    }
    if (needs.best.length > 0) {
      const message = `${unproven} Each then reads as of a moment of its own.`;
      findings.push({ ...found, severity: 'warning', tasks: needs.best, message });
    }
  }
  return [...findings, ...lockFindings(common, facts, needs)];
}

function lockFindings(
  common: Pick<Finding, 'scope' | 'name' | 'places'>,
  facts: ServerFacts,
  { locked, lockedQueries }: MomentNeeds,
): Finding[] {
  const may = mayLock(facts);
  const refused = (tasks: readonly string[], what: string, sql: string): Finding[] =>
    tasks.length === 0
      ? []
      : [
          {
            ...common,
            severity: 'error',
            code: 'LOCK_REFUSED',
            tasks,
            message: `${facts.account} may not keep writers out of ${what}, as "consistency": "locked" asks for.`,
            remedy: { kind: 'sql', text: sql },
          },
        ];
  const { account, server } = facts;
  return [
    ...refused(
      may.tables || may.all ? [] : locked,
      'its tables',
      `GRANT LOCK TABLES ON ${quoteName(server.database)}.* TO ${account};`,
    ),
    ...refused(
      may.all ? [] : lockedQueries,
      'the whole server, which custom queries need',
      `GRANT RELOAD, PROCESS ON *.* TO ${account};`,
    ),
  ];
}

/** By SHOW GRANTS: a lock that is only tried keeps writers out, too. What comes by a role is given credit for. */
function mayLock({ grants: lines, server, seesTransactions }: ServerFacts): {
  readonly tables: boolean;
  readonly all: boolean;
} {
  const { grants, roles } = readGrants(lines);
  const has = (names: readonly string[], on: readonly string[]): boolean =>
    grants.some(
      ({ privileges, object }) =>
        on.includes(object.replaceAll('`', '').replaceAll('\\', '')) &&
        privileges.some((one) => [...names, 'ALL PRIVILEGES'].includes(privilegeName(one))),
    );
  return {
    tables: roles || has(['LOCK TABLES'], ['*.*', `${server.database}.*`]),
    all:
      roles ||
      (has(['RELOAD', 'FLUSH_TABLES'], ['*.*']) && (server.flavor === 'mariadb' || seesTransactions)),
  };
}
