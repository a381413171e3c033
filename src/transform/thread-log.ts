/** What a module says, by `ctx.log` or by the console: lines for the log of the run, up to a limit. */
import { Console } from 'node:console';
import { Writable } from 'node:stream';
import { inspect } from 'node:util';

/** Lines of one thread; a module that says something of every row says too much. */
const MOST_LINES = 1000;
const LONGEST_LINE = 4000;

export interface ThreadLog {
  log(message: unknown): void;
  /** Says how much was left out. */
  end(): void;
}

export function threadLog(send: (line: string) => void): ThreadLog {
  let lines = 0;
  return {
    log(message) {
      if (++lines > MOST_LINES) return;
      const text = typeof message === 'string' ? message : inspect(message, { depth: 3 });
      send(text.length <= LONGEST_LINE ? text : `${text.slice(0, LONGEST_LINE)}…`);
    },
    end() {
      if (lines > MOST_LINES) send(`${lines - MOST_LINES} more lines were left out`);
    },
  };
}

/** The console of a module writes into the log: the standard output of the process belongs to the command. */
export function consoleOf(log: ThreadLog): Console {
  const stream = new Writable({
    decodeStrings: false,
    write(text: string, _encoding, done) {
      log.log(text.replace(/\n$/, ''));
      done();
    },
  });
  return new Console({ stdout: stream, stderr: stream, colorMode: false });
}
