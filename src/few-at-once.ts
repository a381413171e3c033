/** Many things to do, a few of them at a time. */

/**
 * Begins with the items in their order. After a failure no more are begun; the first failure is thrown when all that
 * had begun have ended.
 */
export async function fewAtOnce<T>(
  items: readonly T[],
  most: number,
  act: (item: T, index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const failures: unknown[] = [];
  const worker = async (): Promise<void> => {
    try {
      while (failures.length === 0 && next < items.length) {
        const index = next++;
        await act(items[index]!, index);
      }
    } catch (error) {
      failures.push(error);
    }
  };
  await Promise.all(Array.from({ length: most }, worker));
  if (failures.length > 0) throw failures[0];
}
