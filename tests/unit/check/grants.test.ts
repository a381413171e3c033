/** What SHOW GRANTS says, as each server writes it; and what an account should not have. */
import { accountFindings } from '../../../src/check/account.ts';
import { readGrants } from '../../../src/check/grants.ts';
import { serverFacts } from './sample.ts';

describe('SHOW GRANTS', () => {
  it.each([
    [
      // MySQL 5.6, with the hash of the password.
      "GRANT SELECT, PROCESS ON *.* TO 'u'@'%' IDENTIFIED BY PASSWORD '*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19'",
      { privileges: ['SELECT', 'PROCESS'], object: '*.*', grantee: "'u'@'%'", handsOn: false },
    ],
    [
      'GRANT SELECT, SELECT (`id`, `a b`), INSERT (`a`) ON `hr`.`t` TO `u`@`%` WITH GRANT OPTION',
      {
        privileges: ['SELECT', 'SELECT (`id`, `a b`)', 'INSERT (`a`)'],
        object: '`hr`.`t`',
        grantee: '`u`@`%`',
        handsOn: true,
      },
    ],
    [
      'GRANT EXECUTE ON FUNCTION `hr`.`f` TO `u`@`10.0.0.%`',
      { privileges: ['EXECUTE'], object: 'FUNCTION `hr`.`f`', grantee: '`u`@`10.0.0.%`', handsOn: false },
    ],
    [
      'GRANT SELECT ON `a ON b, c TO d`.* TO `o ON x`@`h TO y`',
      { privileges: ['SELECT'], object: '`a ON b, c TO d`.*', grantee: '`o ON x`@`h TO y`', handsOn: false },
    ],
    [
      // A role of MariaDB has no host.
      'GRANT DELETE ON `hr`.* TO `writers`',
      { privileges: ['DELETE'], object: '`hr`.*', grantee: '`writers`', handsOn: false },
    ],
  ])('%s', (line, grant) => {
    expect(readGrants([line])).toEqual({ grants: [grant], roles: false });
  });

  it('tells roles from privileges, and passes over all else', () => {
    expect(
      readGrants([
        'GRANT `writers`@`%` TO `u`@`%`',
        'GRANT PROXY ON ``@`` TO `root`@`localhost` WITH GRANT OPTION',
        'SET DEFAULT ROLE `writers` FOR `u`@`%`',
        'REVOKE SELECT ON `mysql`.* FROM `u`@`%`',
      ]),
    ).toEqual({ grants: [], roles: true });
  });
});

describe('an account', () => {
  const found = (...grants: string[]) =>
    accountFindings('mysql', serverFacts({ grants }), true).map(({ severity, code, message, remedy }) => ({
      severity,
      code,
      message,
      sql: remedy?.text.split('\n'),
    }));

  it('that reads and sees what is going on is as it should be', () => {
    expect(
      found(
        'GRANT PROCESS, REPLICATION CLIENT ON *.* TO `tm`@`%`',
        'GRANT SELECT, SHOW VIEW, EXECUTE ON `hr`.* TO `tm`@`%`',
        'GRANT SELECT (`id`) ON `crm`.`customers` TO `tm`@`%`',
      ),
    ).toEqual([]);
  });

  it('that writes loses exactly that', () => {
    expect(
      found(
        'GRANT FILE, PROCESS ON *.* TO `tm`@`%`',
        'GRANT SELECT, INSERT, UPDATE (`a`) ON `hr`.`jobs` TO `tm`@`%` WITH GRANT OPTION',
      ),
    ).toEqual([
      {
        severity: 'warning',
        code: 'GRANTS_EXCESSIVE',
        message: "'tm'@'%' may do more than read: FILE on *.*; INSERT, UPDATE (a), GRANT OPTION on hr.jobs.",
        sql: [
          'REVOKE FILE ON *.* FROM `tm`@`%`;',
          'REVOKE INSERT, UPDATE (`a`), GRANT OPTION ON `hr`.`jobs` FROM `tm`@`%`;',
        ],
      },
    ]);
  });

  it('with all of a database keeps reading it', () => {
    const [finding] = found("GRANT ALL PRIVILEGES ON `hr`.* TO 'tm'@'%' WITH GRANT OPTION");
    expect(finding!.sql).toEqual([
      "REVOKE ALL PRIVILEGES ON `hr`.* FROM 'tm'@'%';",
      "REVOKE GRANT OPTION ON `hr`.* FROM 'tm'@'%';",
      "GRANT SELECT, SHOW VIEW ON `hr`.* TO 'tm'@'%';",
    ]);
  });

  it('of an administrator stays as it is: Tidemark gets one of its own', () => {
    const [finding] = found("GRANT ALL PRIVILEGES ON *.* TO 'root'@'localhost' WITH GRANT OPTION");
    expect(finding!.sql).toEqual([
      "CREATE USER 'tidemark'@'%' IDENTIFIED BY '…';",
      "GRANT SELECT, SHOW VIEW ON `hr`.* TO 'tidemark'@'%';",
      "GRANT PROCESS ON *.* TO 'tidemark'@'%';",
    ]);
  });

  it('with a role is told that some may come from it', () => {
    const [finding] = found('GRANT DELETE ON `hr`.* TO `tm`@`%`', 'GRANT `writers`@`%` TO `tm`@`%`');
    expect(finding!.sql).toEqual([
      '-- Revoke from the role what comes through a role.',
      'REVOKE DELETE ON `hr`.* FROM `tm`@`%`;',
    ]);
  });

  it('that reads every database is given one first, and then loses the others', () => {
    const [finding] = found("GRANT SELECT ON *.* TO 'tm'@'%' IDENTIFIED BY PASSWORD '*HASHHASH'");
    expect(finding).toMatchObject({ severity: 'warning', code: 'GRANTS_ALL_DATABASES' });
    expect(finding!.sql).toEqual([
      "GRANT SELECT, SHOW VIEW ON `hr`.* TO 'tm'@'%';",
      "REVOKE SELECT ON *.* FROM 'tm'@'%';",
    ]);
    expect(JSON.stringify(finding)).not.toContain('HASH');
  });
});
