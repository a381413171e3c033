/**
 * Debian's postfix as a mail server of one test's own: on a free port of 127.0.0.1, with config, queue and mailboxes in
 * a temporary folder. It insists on STARTTLS, with a certificate of an authority made for it, and on a login.
 */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { simpleParser, type ParsedMail } from 'mailparser';
import { makeCertificate } from './certificate.ts';
import { freePort, startGuarded } from './guarded.ts';
import { waitFor } from './wait-for.ts';

const INSTALLED = path.join(import.meta.dirname, '../../node_modules/.cache/postfix');
const LIBRARIES = path.join(INSTALLED, 'usr/lib/postfix');
const HOST = 'mx.example.com';
/** Accounts that every Debian has, and that own nothing here: the parts of postfix run as them. */
const ACCOUNT = { user: 'mail', group: 'games', others: 'nobody' };

export interface Postfix {
  readonly host: '127.0.0.1';
  readonly port: number;
  /** The login that may send. */
  readonly user: string;
  readonly password: string;
  /** PEM file of the authority that signed the server's certificate. */
  readonly ca: string;
  /** The mails to `…@example.com` that have been delivered, as soon as there are that many, oldest first. */
  waitForMails(count: number): Promise<readonly ParsedMail[]>;
  /** What postfix has logged. */
  log(): string;
  stop(): Promise<void>;
}

/** @throws Error that says what is missing: the program, or the rights that its master process needs. */
export async function startPostfix(): Promise<Postfix> {
  if (!existsSync(path.join(INSTALLED, 'complete')))
    throw new Error(`there is no postfix in ${INSTALLED}: scripts/get-postfix.sh fetches it`);
  if (process.getuid?.() !== 0)
    throw new Error('postfix begins as root: this test needs to be run by root, as in a container');

  const folder = mkdtempSync(path.join(tmpdir(), 'tidemark-postfix-'));
  const inFolder = (...parts: string[]): string => path.join(folder, ...parts);
  const login = { user: 'tidemark', password: 'pa"ss+w/örd 1' };
  const port = await freePort();
  makeFolders(folder);
  makeCertificate(folder);
  writeFileSync(inFolder('conf/main.cf'), mainConfig(folder));
  writeFileSync(inFolder('conf/master.cf'), services(port));
  addLogin(folder, login);

  const command = [
    'env',
    ...Object.entries({ ...environment(), MAIL_CONFIG: inFolder('conf') }).map((pair) => pair.join('=')),
    path.join(LIBRARIES, 'sbin/master'),
    '-c',
    inFolder('conf'),
    '-d',
  ];
  const server = await startGuarded(folder, command, () => greeted(port));
  const delivered = (): string[] => {
    const inbox = inFolder('inbox/all/new');
    // Named by the time of delivery.
    return existsSync(inbox)
      ? readdirSync(inbox)
          .toSorted()
          .map((name) => path.join(inbox, name))
      : [];
  };
  return {
    host: '127.0.0.1',
    port,
    ...login,
    ca: inFolder('ca.pem'),
    waitForMails: async (count) => {
      const files = await waitFor(`${count} delivered mails`, () => {
        const found = delivered();
        return found.length >= count ? found : null;
      });
      return Promise.all(files.map((file) => simpleParser(readFileSync(file))));
    },
    log: () => readFileSync(inFolder('mail.log'), 'utf8'),
    stop: () => server.stop(),
  };
}

function makeFolders(folder: string): void {
  chmodSync(folder, 0o755);
  for (const name of ['conf/sasl', 'queue/pid']) mkdirSync(path.join(folder, name), { recursive: true });
  const queues =
    'public private incoming active deferred maildrop hold bounce defer trace saved corrupt flush';
  const owned = [...queues.split(' ').map((name) => `queue/${name}`), 'data', 'inbox'].map((name) =>
    path.join(folder, name),
  );
  for (const name of owned) mkdirSync(name);
  execFileSync('chown', [`${ACCOUNT.user}:${ACCOUNT.group}`, ...owned]);
}

/** Unpacked and not installed, its libraries and SASL modules are not where they are looked for. */
function environment(): Record<string, string> {
  const architecture = readdirSync(path.join(INSTALLED, 'usr/lib')).find((name) => name.includes('-linux-'));
  const modules = path.join(INSTALLED, 'usr/lib', architecture!, 'sasl2');
  return { LD_LIBRARY_PATH: LIBRARIES, SASL_PATH: modules };
}

function addLogin(folder: string, { user, password }: { user: string; password: string }): void {
  const database = path.join(folder, 'conf/sasl/logins');
  const settings = ['pwcheck_method: auxprop', 'auxprop_plugin: sasldb', 'mech_list: PLAIN LOGIN'];
  writeFileSync(
    path.join(folder, 'conf/sasl/smtpd.conf'),
    [...settings, `sasldb_path: ${database}`, ''].join('\n'),
  );
  execFileSync(path.join(INSTALLED, 'usr/sbin/saslpasswd2'), ['-p', '-c', '-f', database, '-u', HOST, user], {
    input: password,
    env: environment(),
  });
  chmodSync(database, 0o644);
}

function mainConfig(folder: string): string {
  const settings = {
    compatibility_level: '3.6',
    queue_directory: `${folder}/queue`,
    data_directory: `${folder}/data`,
    command_directory: `${INSTALLED}/usr/sbin`,
    daemon_directory: `${LIBRARIES}/sbin`,
    shlib_directory: LIBRARIES,
    meta_directory: `${INSTALLED}/etc/postfix`,
    mail_owner: ACCOUNT.user,
    setgid_group: ACCOUNT.group,
    default_privs: ACCOUNT.others,
    import_environment: ['MAIL_CONFIG', ...Object.entries(environment()).map((pair) => pair.join('='))].join(
      ' ',
    ),
    maillog_file: `${folder}/mail.log`,
    maillog_file_prefixes: folder,
    default_database_type: 'texthash',
    inet_interfaces: '127.0.0.1',
    inet_protocols: 'ipv4',
    myhostname: HOST,
    mydestination: '',
    mynetworks: '',
    alias_maps: '',
    alias_database: '',
    local_recipient_maps: '',
    smtpd_peername_lookup: 'no',
    // Everybody at example.com shares one mailbox.
    virtual_mailbox_domains: 'example.com',
    virtual_mailbox_base: `${folder}/inbox`,
    virtual_mailbox_maps: 'static:all/',
    virtual_minimum_uid: '1',
    virtual_uid_maps: `static:${idOf('-u')}`,
    virtual_gid_maps: `static:${idOf('-g')}`,
    smtpd_tls_security_level: 'encrypt',
    smtpd_tls_cert_file: `${folder}/server.pem`,
    smtpd_tls_key_file: `${folder}/server.key`,
    smtpd_tls_auth_only: 'yes',
    smtpd_sasl_auth_enable: 'yes',
    smtpd_sasl_local_domain: HOST,
    smtpd_relay_restrictions: 'permit_sasl_authenticated, reject',
    smtpd_recipient_restrictions: 'permit_sasl_authenticated, reject',
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name} = ${value}\n`)
    .join('');
}

function idOf(which: '-u' | '-g'): string {
  return execFileSync('id', [which, ACCOUNT.user], { encoding: 'utf8' }).trim();
}

/** Nothing that sends on to other servers. */
function services(port: number): string {
  return `
127.0.0.1:${port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
`.trimStart();
}

/** Master listens before the part that speaks SMTP can be begun. */
function greeted(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('error', reject);
    socket.setTimeout(5_000, () => socket.destroy(new Error('no greeting')));
    socket.once('data', (data) => {
      socket.end('QUIT\r\n');
      if (data.toString().startsWith('220')) resolve();
      else reject(new Error(data.toString()));
    });
    socket.once('close', () => reject(new Error('closed before the greeting')));
  });
}
