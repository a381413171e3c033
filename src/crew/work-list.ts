/** Jobs that several lanes take from, one after the other; one that was taken in vain is put back. */

export interface WorkList<Job> {
  /** The next job; null: all are done, or there is an end. Waits while the last ones are being done, of which one may yet come back. */
  take(): Promise<Job | null>;
  done(): void;
  /** For somebody else to take. */
  putBack(job: Job): void;
  /** There is nothing to take any more. */
  end(): void;
}

export function workList<Job>(jobs: readonly Job[]): WorkList<Job> {
  const left = [...jobs];
  const back: Job[] = [];
  let at = 0;
  let undone = jobs.length;
  let isEnded = false;
  let wake = Promise.withResolvers<void>();
  const changed = (): void => {
    wake.resolve();
    wake = Promise.withResolvers();
  };
  return {
    async take() {
      for (;;) {
        if (isEnded || undone === 0) return null;
        const job = back.pop() ?? left[at++];
        if (job !== undefined) return job;
        await wake.promise;
      }
    },
    done() {
      undone--;
      if (undone === 0) changed();
    },
    putBack(job) {
      back.push(job);
      changed();
    },
    end() {
      isEnded = true;
      changed();
    },
  };
}
