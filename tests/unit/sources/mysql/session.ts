/** A session on a server that exists in a test alone. */
import type { RowDataPacket } from 'mysql2';
import type { ServerIdentity } from '../../../../src/domain/plan.ts';
import type { Session } from '../../../../src/sources/mysql/connect.ts';

export const SERVER: ServerIdentity = {
  flavor: 'mysql',
  version: '8.4.3',
  host: 'db',
  port: 3306,
  database: 'shop',
};

/** What is answered to a statement: rows, or for good nothing; left out: no rows. */
export type Answer = (sql: string) => readonly object[] | 'silence' | undefined;

export function fakeSession(answer: Answer): Session {
  const query = async (sql: string): Promise<RowDataPacket[]> => {
    const rows = answer(sql);
    return rows === 'silence' ? new Promise(() => {}) : ([...(rows ?? [])] as RowDataPacket[]);
  };
  return {
    query,
    connection: {} as Session['connection'],
    context: { host: 'db', port: 3306, user: 'reader', database: 'shop', account: 'reader@%' },
    command: () => Promise.reject(new Error('not asked for in this test')),
    address: '127.0.0.1',
    broken: false,
  };
}
