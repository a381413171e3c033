/** What `check --connect` asks of a database server and of a bucket: given by `sources/` and `sinks/`, judged in `check/`. */
import type { TidemarkError } from './errors.ts';
import type { ServerIdentity } from './domain/plan.ts';
import type { TableIndex } from './key-ports.ts';
import type { LogReading } from './lane-ports.ts';

/** What a session has found out of its server and of its own account. */
export interface ServerFacts {
  readonly server: ServerIdentity;
  /** The account as a GRANT names it, `'tidemark'@'%'`. */
  readonly account: string;
  /** Null: the connection is not encrypted. `protocol`: `TLSv1.3`. */
  readonly tls: { readonly protocol: string; readonly cipher: string } | null;
  /** Whether the connection stays on this machine. */
  readonly loopback: boolean;
  /** Lines of SHOW GRANTS. Old servers put the password's hash into them: parsed, never shown. */
  readonly grants: readonly string[];
  /** Whether the server knows zones by name. */
  readonly namedZones: boolean;
  /** Whether information_schema.INNODB_TRX may be read. */
  readonly seesTransactions: boolean;
  /** `hidden`: the account may not ask. */
  readonly replication: 'none' | 'replica' | 'hidden';
  /** Where its log stands, and whether that proves anything. */
  readonly log: LogReading;
  /** `read_only`, which replicas have. */
  readonly readOnly: boolean;
}

/** One table in the server's plan of a SELECT, at any level of it. */
export interface ScanStep {
  /** Name or alias. */
  readonly table: string;
  /** How it is read, as EXPLAIN says it: `ALL` and `index` read all of it. */
  readonly access: string;
  readonly index: string | null;
  /** How many rows are looked at; null: not known. */
  readonly rows: number | null;
}

/** A session that asks a server about itself and reads no table. */
export interface ServerProbe {
  facts(): Promise<ServerFacts>;
  /** Those that a query can use and that keep an order; empty of a view. */
  indexes(table: string): Promise<readonly TableIndex[]>;
  /** Null: EXPLAIN was refused. */
  scan(sql: string): Promise<readonly ScanStep[] | null>;
  close(): Promise<void>;
}

/** What a trial upload under one folder of a bucket needs, in the order in which it is tried. */
export type BucketAction =
  | 's3:PutObject'
  | 's3:AbortMultipartUpload'
  | 's3:ListBucketMultipartUploads'
  | 's3:GetObject'
  | 's3:DeleteObject';

export interface FolderFacts {
  /** Of every action that failed, why. */
  readonly failures: readonly { readonly action: BucketAction; readonly error: TidemarkError }[];
  /** The trial upload, where it could not be aborted. */
  readonly leftOpen: string | null;
  /** What the bucket said it would encrypt the object with, `AES256`; null: it did not say. */
  readonly encryption: string | null;
}

/** The default encryption of a bucket. `unknown`: it may not be asked, or the store has no such question. */
export type BucketEncryption =
  | { readonly kind: 'unknown'; readonly why: string }
  | { readonly kind: 'none' }
  | { readonly kind: 'set'; readonly algorithm: string; readonly keyId: string | null };

export interface BucketProbe {
  /**
   * Begins an upload under the folder, sends a part and aborts it; lists uploads, looks for an object there, and
   * removes one that does not exist.
   *
   * @param folder part of a key that ends with `/`, or nothing.
   */
  folder(folder: string): Promise<FolderFacts>;
  encryption(): Promise<BucketEncryption>;
  close(): void;
}
