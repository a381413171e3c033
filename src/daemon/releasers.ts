/** What ends what was started. */

export type Releaser = () => void | Promise<void>;

/** The last one first. All are released, also where one of them fails; the last failure is thrown. */
export async function releaseInReverse(releasers: Releaser[]): Promise<void> {
  const release = releasers.pop();
  if (release === undefined) return;
  try {
    await release();
  } finally {
    await releaseInReverse(releasers);
  }
}
