#!/bin/bash
# Puts Debian's postfix and the SASL programs into node_modules/.cache/postfix, for the tests that send through a real
# mail server. The packages are unpacked, not installed: nothing of them starts, and no mail server of this machine is
# replaced. Where they are in place it ends at once. Only the libraries they need are installed, if missing.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { echo "setup: $*" >&2; }

folder=$PWD/node_modules/.cache/postfix
[[ ! -e $folder/complete ]] || exit 0
if ! command -v apt-get >/dev/null || ! command -v dpkg-deb >/dev/null; then
  say 'postfix cannot be fetched without apt-get: the tests that send through it will fail'
  exit 0
fi

say 'fetching postfix'
[[ $(id -u) != 0 ]] || apt-get update -qq >/dev/null # what goes wrong is on stderr
unpacked=$(mktemp -d)
trap 'rm -rf "$unpacked"' EXIT
packages=(postfix sasl2-bin libsasl2-modules libsasl2-modules-db)
# As root, apt-get would download as a user of its own, who may not write into the folder, and warn of it.
(cd "$unpacked" && apt-get download -qq -o APT::Sandbox::User=root "${packages[@]}" >&2)
for package in "$unpacked"/*.deb; do dpkg-deb --extract "$package" "$unpacked/root"; done
if [[ $(id -u) == 0 ]]; then
  # Without their versions: what is installed stays as it is.
  libraries=$(dpkg-deb --field "$unpacked"/postfix_*.deb Depends | grep -oE '\blib[a-z0-9.+-]+' | sort -u)
  # shellcheck disable=SC2086 -- a list of names
  DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-upgrade --no-install-recommends $libraries </dev/null >/dev/null
fi
rm -rf "$folder"
mkdir -p "$(dirname "$folder")"
mv "$unpacked/root" "$folder"
# It was made by mktemp for its owner alone; the parts of postfix run as other users.
chmod 755 "$folder"
touch "$folder/complete"
