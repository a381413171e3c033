/** The uploads of one job, where it is done: nothing is begun that the journal has not heard of. */
import { asTidemarkError } from '../errors.ts';
import type { UploadLedger } from '../lane-ports.ts';
import type { PendingUpload, Sink } from '../ports.ts';

export interface JobUploads {
  /** Begins an upload. @throws TidemarkError of the sink or of the journal. */
  begin(key: string, contentType: string, signal: AbortSignal): Promise<PendingUpload>;
  /**
   * Settles when nothing is on its way any more: a part that arrives after its upload was aborted could stay behind,
   * unseen and paid for. Call it when nothing more will be begun or sent.
   */
  atRest(): Promise<void>;
}

export function jobUploads(sink: Pick<Sink, 'begin'>, runId: string, ledger: UploadLedger): JobUploads {
  const underway = new Set<Promise<unknown>>();
  const track = <T>(work: Promise<T>): Promise<T> => {
    // Settles either way: whoever asked sees the failure.
    const settled: Promise<void> = work.then(
      () => void underway.delete(settled),
      () => void underway.delete(settled),
    );
    underway.add(settled);
    return work;
  };
  const beginNow = async (key: string, contentType: string, signal: AbortSignal): Promise<PendingUpload> => {
    await ledger.beginning(key);
    const asked = sink.begin(key, { contentType, runId }, signal);
    const pending = await asked.catch(async (error: unknown) => {
      // A request that was refused began nothing; one that was never answered may have.
      await ledger.begun(key, asTidemarkError(error).refused ? 'refused' : 'unanswered');
      throw error;
    });
    await ledger.begun(key, { uploadId: pending.uploadId });
    return pending;
  };
  return {
    async begin(key, contentType, signal) {
      const pending = await track(beginNow(key, contentType, signal));
      return {
        ...pending,
        sendPart: (partNumber, body, crc32) => track(pending.sendPart(partNumber, body, crc32)),
      };
    },
    async atRest() {
      while (underway.size > 0) await Promise.all(underway);
    },
  };
}
