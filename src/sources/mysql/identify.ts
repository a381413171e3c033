/** Which product and version a server is. */
import type { ServerIdentity } from '../../domain/plan.ts';
import type { Session } from './connect.ts';

export async function identify(session: Session): Promise<ServerIdentity> {
  const { host, port, database } = session.context;
  const [row] = await session.query('SELECT VERSION() AS version');
  const version: string = row!['version'];
  return { host, port, database, version, flavor: /mariadb/i.test(version) ? 'mariadb' : 'mysql' };
}
