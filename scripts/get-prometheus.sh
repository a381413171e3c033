#!/bin/bash
# Puts Debian's promtool into node_modules/.cache/prometheus, for the tests of metrics and alert rules. The package is
# unpacked, not installed: nothing of it starts, and root is not needed. Where it is in place it ends at once.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { echo "setup: $*" >&2; }

folder=$PWD/node_modules/.cache/prometheus
[[ ! -x $folder/promtool ]] || exit 0
! command -v promtool >/dev/null || exit 0
advice='the tests of metrics and alerts will fail until there is a promtool on PATH'
if ! command -v apt-get >/dev/null || ! command -v dpkg-deb >/dev/null; then
  say "promtool cannot be fetched without apt-get: $advice"
  exit 0
fi

say 'fetching promtool'
unpacked=$(mktemp -d)
trap 'rm -rf "$unpacked"' EXIT
download() {
  # As root, apt-get would download as a user of its own, who may not write into the folder, and warn of it.
  (cd "$unpacked" && apt-get download -qq -o APT::Sandbox::User=root prometheus >&2)
}
# Where the lists of packages are old or missing, only root may fetch newer ones.
if ! download 2>/dev/null; then
  [[ $(id -u) != 0 ]] || apt-get update -qq >/dev/null
  download || {
    say "$advice"
    exit 0
  }
fi
dpkg-deb --extract "$unpacked"/prometheus_*.deb "$unpacked/root"
mkdir -p "$folder"
# Moved at the end, so that there is either all of it or none.
cp "$unpacked/root/usr/bin/promtool" "$folder/promtool.new"
mv "$folder/promtool.new" "$folder/promtool"
