/** How far `tidemark verify` has come: a bar on a terminal, and the first difference as soon as it is found. */
import type { SingleBar } from 'cli-progress';
import type { Manifest } from '../verify/manifest.ts';
import { openBars, REDRAW_MS } from './progress.ts';

export interface VerifyProgress {
  begin(manifest: Manifest): void;
  at(progress: { readonly bytes: number; readonly files: number }): void;
  /** The first text only: all that differs is listed at the end. */
  say(difference: string): void;
  /** Takes the bar away. A second call does nothing. */
  stop(): void;
}

const FORMAT = '{bar} {mb} of {totalMb} MB · {rate} MB/s · {files} of {totalFiles} files';

/** @param wanted whether there may be a bar: only where somebody looks. */
export function verifyProgress(stderr: NodeJS.WriteStream, wanted: boolean): VerifyProgress {
  const bars = wanted && stderr.isTTY ? openBars(stderr, FORMAT, true) : null;
  let bar: SingleBar | null = null;
  let timer: NodeJS.Timeout | undefined;
  let current = { bytes: 0, files: 0 };
  let said = false;
  const startedAt = Date.now();
  const figures = (): Record<string, string> => {
    const seconds = Math.max(0.001, (Date.now() - startedAt) / 1000);
    return {
      mb: (current.bytes / 1e6).toFixed(1),
      rate: (current.bytes / 1e6 / seconds).toFixed(1),
      files: current.files.toLocaleString('en'),
    };
  };
  return {
    begin({ bytes, entries }) {
      if (bars === null) return;
      const totals = { totalMb: (bytes / 1e6).toFixed(1), totalFiles: entries.length.toLocaleString('en') };
      bar = bars.create(Math.max(1, bytes), 0, { ...figures(), ...totals });
      // Objects may be larger than the manifest says; the bar never runs past its end.
      timer = setInterval(() => bar?.update(Math.min(current.bytes, bar.getTotal()), figures()), REDRAW_MS);
    },
    at: (progress) => void (current = progress),
    say(difference) {
      if (said) return;
      said = true;
      const text = `different: ${difference}; going on with the other objects\n`;
      if (bars === null) stderr.write(text);
      else bars.log(text);
    },
    stop() {
      clearInterval(timer);
      if (bar === null) return;
      bars?.update(); // stopping alone would drop the line that waits to be drawn above the bar
      bars?.stop();
      bar = null;
    },
  };
}
