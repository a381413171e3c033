/**
 * For pm2: `pm2 start ecosystem.config.js`. The environment of that shell goes to the daemon, so set there what the
 * config names in `${…}`, and TIDEMARK_CONFIG where the config is not config/config.json.
 *
 * pm2 loads this ES module by require() and looks for `apps` on it: it has to be a named export, not a default one.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';

/** A checkout has a Node of its own, newer perhaps than the one that pm2 runs on. */
const ownNode = path.join(import.meta.dirname, 'node_modules/.bin/node');

export const apps = [
  {
    name: 'tidemark',
    cwd: import.meta.dirname,
    script: 'dist/main.js',
    args: 'daemon',
    interpreter: existsSync(ownNode) ? ownNode : process.execPath,
    // One process holds the state folder, and specs are watched by the daemon itself.
    exec_mode: 'fork',
    instances: 1,
    watch: false,
    // pm2's own instrumentation of the process, and its look into .git: neither is used.
    pmx: false,
    vizion: false,
    // Longer than `shutdown_grace` (30 seconds) and the mails after it (10 seconds); raise both together.
    kill_timeout: 60_000,
    // Online once the specs are read: the daemon says so. One that is not by then is called online all the same.
    wait_ready: true,
    listen_timeout: 60_000,
    // Stopped on purpose; wrong config; another daemon on the same state folder: starting again would not help.
    stop_exit_codes: [0, 2, 3],
    // A daemon that crashes within ten seconds, ten times over, is left as `errored`. No restart_delay: with one, pm2
    // says `waiting restart` of a daemon that it keeps stopped.
    min_uptime: 10_000,
    max_restarts: 10,
    // What threads have given up goes back to the system: see "Memory" in docs/operations.md.
    env: {
      NODE_ENV: 'production',
      MALLOC_ARENA_MAX: '4',
      MALLOC_MMAP_THRESHOLD_: '262144',
      MALLOC_TRIM_THRESHOLD_: '262144',
    },
  },
];
