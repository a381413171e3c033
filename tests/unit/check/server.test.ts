/** What is said of a server and the way to it. */
import { ALL_ALONE } from '../../../src/check/moment.ts';
import { serverFindings } from '../../../src/check/server.ts';
import type { ServerFacts } from '../../../src/check-ports.ts';
import { serverFacts } from './sample.ts';

const IDLE = { watermarks: [], zones: [], replicaLag: [], moment: ALL_ALONE };

const found = (more: Partial<ServerFacts>, needs: object = {}, tls = 'verify') =>
  serverFindings('mysql', serverFacts(more), { ...IDLE, ...needs }, tls).map(
    ({ severity, code, remedy, tasks }) => [severity, code, remedy?.text ?? null, tasks],
  );
const SERVER = ['info', 'SERVER', null, []];

it('says which server it is, how it is connected, and as whom', () => {
  const [finding] = serverFindings('mysql', serverFacts(), IDLE, 'verify');
  expect(finding).toMatchObject({
    scope: 'source',
    name: 'mysql',
    message: "MySQL 8.4.3 on db.example.com:3306, database hr, TLSv1.3 (TLS_AES_256_GCM_SHA384), as 'tm'@'%'",
  });
  expect(found({})).toEqual([SERVER]);
});

describe('encryption', () => {
  it.each([
    ['disabled', 'as "tls" is "disabled"'],
    ['preferred', 'the server does not offer it'],
  ])('is missed where tls is %s', (tls, why) => {
    const findings = serverFindings('mysql', serverFacts({ tls: null }), IDLE, tls);
    expect(findings[1]).toMatchObject({
      severity: 'warning',
      code: 'TLS_NONE',
      message: expect.stringContaining(why) as string,
      remedy: { kind: 'config', text: '{"sources":{"mysql":{"tls":"required"}}}' },
    });
  });

  it('is not missed on the way to this machine', () => {
    expect(found({ tls: null, loopback: true }, {}, 'disabled')).toEqual([SERVER]);
  });

  it('is to be of a version that is safe', () => {
    expect(found({ tls: { protocol: 'TLSv1.1', cipher: 'AES128-SHA' } })).toEqual([
      SERVER,
      ['warning', 'TLS_OLD', 'Allow TLSv1.2 or TLSv1.3 on the server.', []],
    ]);
    expect(found({ tls: { protocol: 'TLSv1.2', cipher: 'x' } })).toEqual([SERVER]);
  });

  it('is to be with the server itself', () => {
    expect(found({}, {}, 'preferred')).toEqual([
      SERVER,
      ['info', 'TLS_UNVERIFIED', '{"sources":{"mysql":{"tls":"verify"}}}', []],
    ]);
  });
});

it.each([
  ['mysql', '5.5.62', true],
  ['mysql', '5.6.10', false],
  ['mysql', '9.7.4-2', false],
  ['mariadb', '10.5.23-MariaDB', true],
  ['mariadb', '10.11.19-MariaDB', false],
] as const)('a server of %s %s is old: %s', (flavor, version, old) => {
  const codes = found({ server: { ...serverFacts().server, flavor, version } }).map(([, code]) => code);
  expect(codes.includes('SERVER_OLD')).toBe(old);
});

it('warns of hidden transactions where there is a watermark, and gives the GRANT', () => {
  const grant = "GRANT PROCESS ON *.* TO 'tm'@'%';";
  expect(found({ seesTransactions: false })[1]).toEqual(['info', 'TRANSACTIONS_HIDDEN', grant, []]);
  expect(found({ seesTransactions: false }, { watermarks: ['orders'] })[1]).toEqual([
    'warning',
    'TRANSACTIONS_HIDDEN',
    grant,
    ['orders'],
  ]);
});

it('warns of hidden replication where a server that may be a replica feeds a watermark', () => {
  const hidden = { replication: 'hidden', readOnly: true } as const;
  const [, finding] = found(hidden, { watermarks: ['orders'] });
  expect(finding).toEqual([
    'warning',
    'REPLICATION_HIDDEN',
    "GRANT REPLICATION CLIENT ON *.* TO 'tm'@'%';",
    ['orders'],
  ]);
  expect(found({ ...hidden, readOnly: false }, { watermarks: ['orders'] })[1]![0]).toBe('info');
  expect(found(hidden)[1]![0]).toBe('info');
  expect(found(hidden, { watermarks: ['orders'], replicaLag: ['gentle'] })[1]!).toEqual([
    'error',
    'REPLICATION_HIDDEN',
    "GRANT REPLICATION CLIENT ON *.* TO 'tm'@'%';",
    ['gentle'],
  ]);
  const mariadb = { ...serverFacts().server, flavor: 'mariadb', version: '11.8.3-MariaDB' } as const;
  expect(found({ ...hidden, server: mariadb })[1]![2]).toBe("GRANT SLAVE MONITOR ON *.* TO 'tm'@'%';");
});

it('warns of missing zone tables where SQL of a spec names zones', () => {
  expect(found({ namedZones: false })[1]!.slice(0, 2)).toEqual(['info', 'ZONES_MISSING']);
  expect(found({ namedZones: false }, { zones: ['orders'] })[1]).toEqual([
    'warning',
    'ZONES_MISSING',
    'mysql_tzinfo_to_sql /usr/share/zoneinfo | mysql -u root -p mysql',
    ['orders'],
  ]);
});
