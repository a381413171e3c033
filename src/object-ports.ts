/** Reading back what has been published: given by `sinks/`, used by `verify/` and the status pages. */

/** An object as it is read back. */
export interface StoredObject {
  readonly bytes: number;
  /** Which run wrote it; null: it is nobody's. */
  readonly runId: string | null;
  /** From the first byte to the last, once. Throws where the object is replaced meanwhile, or cannot be read on. */
  readonly body: AsyncIterable<Uint8Array>;
}

/** Reads what has been published. */
export interface ObjectReader {
  url(key: string): string;
  /** Null: there is no such object. Whoever reads no further must abort the signal. */
  read(key: string, signal: AbortSignal): Promise<StoredObject | null>;
}
