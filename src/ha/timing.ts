/** How long things take where two daemons have one state, in milliseconds. */

/** A leader that has not renewed its lease for so long leads no more. By Redis's clock. */
export const LEASE_MS = 5_000;
export const RENEW_MS = 1_000;
/** How often a standby looks for changes and for the end of the lease, and a leader for changes to pass on. */
export const LOOK_MS = 200;
/** An answer that takes longer is none. */
export const ANSWER_MS = 2_500;
/** How long the copy before the last stays, for who is reading it. */
export const OLD_COPY_MS = 600_000;
/** What a daemon that waits for others to say how far they are has said of itself is taken for true so long. */
export const CENSUS_MS = 3_000;
