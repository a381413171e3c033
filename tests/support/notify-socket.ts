/** A socket as systemd gives it to a service (sd_notify): Node has none of the kind, so Perl listens. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { waitFor } from './wait-for.ts';
import { clearLater } from './leftovers.ts';

export interface NotifySocket {
  /** Each message, as the assignments that it consists of, in order of arrival. */
  messages(): readonly (readonly string[])[];
  /** The first message with an assignment that matches, past or future. */
  waitForMessage(pattern: RegExp): Promise<readonly string[]>;
  stop(): Promise<void>;
}

// What `recv` leaves of a message is closed, the descriptor among it by which systemd-notify knows that it was heard.
const LISTEN = `
  use IO::Socket::UNIX;
  $| = 1;
  my $socket = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => $ARGV[0]) or die "$ARGV[0]: $!";
  print "listening\\n";
  while (defined $socket->recv(my $message, 4096)) {
    print join("\\t", split(/\\n/, $message)), "\\n";
  }`;

/** @param path of the socket, which is made. */
export async function startNotifySocket(path: string): Promise<NotifySocket> {
  const child = spawn('perl', ['-e', LISTEN, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  child.once(
    'exit',
    clearLater(() => child.kill('SIGKILL')),
  );
  const exit = once(child, 'exit');
  const received: string[][] = [];
  const lines = createInterface({ input: child.stdout });
  await Promise.race([
    once(lines, 'line'),
    exit.then(() => {
      throw new Error('perl does not listen');
    }),
  ]);
  lines.on('line', (line) => {
    // By which systemd-notify learns that it was heard.
    if (line !== 'BARRIER=1') received.push(line.split('\t'));
  });
  return {
    messages: () => received,
    waitForMessage: (pattern) =>
      waitFor(
        `a message with ${pattern}`,
        () => received.find((message) => message.some((one) => pattern.test(one))) ?? null,
      ),
    async stop() {
      child.kill();
      await exit;
    },
  };
}
