/** The progress bar of `tidemark run` on a terminal, and a stderr whose lines do not tear it. */
import cliProgress from 'cli-progress';
import { Writable } from 'node:stream';
import type { Progress } from '../extract/export-batch.ts';
import type { RunObserver } from '../ports.ts';

export interface ProgressBar {
  readonly observer: RunObserver;
  /** Lines written here appear above the bar, as long as there is one. */
  readonly stderr: Writable;
  /** Leaves the bar as it is at the end, with every line above it. A second call does nothing. */
  stop(): void;
}

export const REDRAW_MS = 200;
/** With the figures beside it, the bar fits into 80 columns up to a billion rows. */
const BAR_COLUMNS = 20;
// The bar is drawn with wrapping off; a log line is longer than the terminal is wide, and must be read whole.
const WRAP_ON = '\u001b[?7h';
const WRAP_OFF = '\u001b[?7l';

/** Where a bar is drawn. @param clearOnComplete takes it away at the end. */
export function openBars(
  stream: NodeJS.WriteStream,
  format: string,
  clearOnComplete: boolean,
): cliProgress.MultiBar {
  return new cliProgress.MultiBar(
    {
      stream,
      hideCursor: true,
      clearOnComplete,
      barsize: BAR_COLUMNS,
      // A signal is the command's business, which also stops the bar.
      gracefulExit: false,
      format,
    },
    cliProgress.Presets.rect,
  );
}

export function progressBar(terminal: NodeJS.WriteStream): ProgressBar {
  const bars = openBars(terminal, '{bar} {rows} rows · {mb} MB · {rate} MB/s · {files} files', false);
  let bar: cliProgress.SingleBar | null = null;
  let current: Readonly<Progress> = { rows: 0, bytes: 0, files: 0 };
  const startedAt = Date.now();
  const redraw = (): void => {
    const seconds = Math.max(0.001, (Date.now() - startedAt) / 1000);
    const megabytes = current.bytes / 1e6;
    // The total is an estimate: the bar fills up early or jumps at the end, but never runs past its end.
    if (bar !== null && current.rows > bar.getTotal()) bar.setTotal(current.rows);
    bar?.update(current.rows, {
      rows: current.rows.toLocaleString('en'),
      mb: megabytes.toFixed(1),
      rate: (megabytes / seconds).toFixed(1),
      files: current.files,
    });
  };
  const timer = setInterval(redraw, REDRAW_MS);
  return {
    observer: {
      planned(plan) {
        const rows = plan.exports.reduce((sum, table) => sum + (table.estimate.rows ?? 0), 0);
        bar = bars.create(Math.max(1, rows), 0, { rows: '0', mb: '0', rate: '0', files: 0 });
      },
      progress: (progress) => void (current = progress),
    },
    stderr: new Writable({
      write(chunk: Buffer, _encoding, done) {
        if (bar === null) terminal.write(chunk);
        else bars.log(`${WRAP_ON}${chunk.toString()}${WRAP_OFF}`);
        done();
      },
    }),
    stop() {
      clearInterval(timer);
      if (bar === null) return;
      redraw();
      bars.update(); // stopping alone would drop the lines that wait to be drawn above the bar
      bars.stop();
      bar = null;
    },
  };
}
