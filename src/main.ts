#!/usr/bin/env node
/** argv → command; error → exit code. Nothing else: the commands are in commands/. */
import { setFlagsFromString } from 'node:v8';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(
    `tidemark needs Node.js 22.18 or newer; this is ${process.versions.node}, at ${process.execPath}.\n` +
      'Install a newer one, or run it with one: /path/to/newer/node dist/main.js …\n',
  );
  process.exit(2);
}

// Takes the arguments out of the process list, a password among them perhaps.
process.title = 'tidemark';

// Rows never become JavaScript values, so a large young generation would stand empty: 60 MB less in use, as fast.
setFlagsFromString('--semi-space-growth-factor=1');
// The heap grows by half before its garbage is collected, not fourfold: V8 keeps what it took once, full or empty.
setFlagsFromString('--heap-growing-percent=50');

// Only now: an older Node could not even load what follows.
const { main } = await import('./commands/program.ts');
process.exitCode = await main(process.argv);
