#!/bin/bash
# Puts Debian's redis-server into node_modules/.cache/redis, for the tests of workers on several machines. The packages
# are unpacked, not installed: no service of them starts, and root is not needed. Where it is in place it ends at once.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { echo "setup: $*" >&2; }

folder=$PWD/node_modules/.cache/redis
[[ ! -x $folder/bin/redis-server ]] || exit 0
! command -v redis-server >/dev/null || exit 0
advice='the tests of workers on several machines will fail until there is a redis-server on PATH'
if ! command -v apt-get >/dev/null || ! command -v dpkg-deb >/dev/null; then
  say "redis-server cannot be fetched without apt-get: $advice"
  exit 0
fi

say 'fetching redis-server'
unpacked=$(mktemp -d)
trap 'rm -rf "$unpacked"' EXIT
download() {
  # As root, apt-get would download as a user of its own, who may not write into the folder, and warn of it.
  # Beside the server's package: the one that holds its program, and the libraries that only it needs.
  (cd "$unpacked" && apt-get download -qq -o APT::Sandbox::User=root redis-server redis-tools liblzf1 libjemalloc2 >&2)
}
# Where the lists of packages are old or missing, only root may fetch newer ones.
if ! download 2>/dev/null; then
  [[ $(id -u) != 0 ]] || apt-get update -qq >/dev/null
  download || {
    say "$advice"
    exit 0
  }
fi
for package in "$unpacked"/*.deb; do dpkg-deb --extract "$package" "$unpacked/root"; done
# Moved at the end, so that there is either all of it or none.
mkdir -p "$unpacked/redis/bin" "$unpacked/redis/lib" "$(dirname "$folder")"
cp --dereference "$unpacked/root/usr/bin/redis-server" "$unpacked/root/usr/bin/redis-cli" "$unpacked/redis/bin/"
find "$unpacked/root/usr/lib" -name 'lib*.so.*' -exec cp --dereference {} "$unpacked/redis/lib/" \;
rm -rf "$folder"
mv "$unpacked/redis" "$folder"
