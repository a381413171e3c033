/**
 * Uploads that were aborted, kept until they have been seen to be gone: S3 may bring an upload back to life whose
 * parts were still on their way while it was aborted.
 *
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_AbortMultipartUpload.html
 */
import type { DatabaseSync } from 'node:sqlite';
import type { AbortedUpload } from '../ports.ts';
import { consulted, durably } from './database.ts';

/**
 * All that are kept, sink by sink.
 *
 * @throws TidemarkError STATE_UNUSABLE.
 */
export function abortedUploads(db: DatabaseSync): AbortedUpload[] {
  return consulted('the aborted uploads', () =>
    db
      .prepare('SELECT sink, key, upload_id, aborted_at FROM aborted_upload ORDER BY sink, key, upload_id')
      .all()
      .map((row) => ({
        sink: row['sink'] as string,
        key: row['key'] as string,
        uploadId: row['upload_id'] as string,
        abortedAt: new Date(row['aborted_at'] as string),
      })),
  );
}

/**
 * Keeps the uploads that the journal knows of a run. Part of the transaction in which they are taken out of it.
 *
 * @param at when they were aborted at the latest.
 * @param key of the one that is kept; null: all are.
 */
export function keepAborted(db: DatabaseSync, runId: string, at: Date, key: string | null = null): void {
  db.prepare(
    `INSERT OR REPLACE INTO aborted_upload (sink, key, upload_id, aborted_at)
     SELECT sink, key, upload_id, ?1 FROM journal_run JOIN journal_upload USING (run_id)
     WHERE run_id = ?2 AND upload_id IS NOT NULL AND (?3 IS NULL OR key = ?3)`,
  ).run(at.toISOString(), runId, key);
}

/** An upload that had come back was aborted again. */
export function abortedAgain(db: DatabaseSync, upload: AbortedUpload, at: Date): void {
  const { sink, key, uploadId } = upload;
  durably(db, 'an aborted upload', () =>
    db
      .prepare('UPDATE aborted_upload SET aborted_at = ? WHERE sink = ? AND key = ? AND upload_id = ?')
      .run(at.toISOString(), sink, key, uploadId),
  );
}

/** Uploads that are gone for good. */
export function forgetUploads(db: DatabaseSync, uploads: readonly AbortedUpload[]): void {
  durably(db, 'an aborted upload', () => {
    const remove = db.prepare('DELETE FROM aborted_upload WHERE sink = ? AND key = ? AND upload_id = ?');
    for (const { sink, key, uploadId } of uploads) remove.run(sink, key, uploadId);
  });
}
