#!/bin/bash
# Runs one server for a test run and sees to its end: when standard input closes, because the test run has
# finished or has died in whatever way, the server is killed by its pid and its folder removed.
# Its data is thrown away, so it is not asked to shut down in good order.
#   guard.sh FOLDER COMMAND [ARGUMENT…]     output goes to FOLDER/server.log
set -uo pipefail
folder=$1
shift
trap '' INT TERM HUP # a Ctrl-C is for the test run; its end is what counts here
exec 3<&0
"$@" </dev/null >"$folder/server.log" 2>&1 3<&- &
server=$!
cat <&3 >/dev/null &
input=$!
wait -n "$server" "$input"
if kill -0 "$input" 2>/dev/null; then # the server ended first: leave its log until it has been read
  kill "$input"
  exec 4<&3
  echo ended
  cat <&4 >/dev/null
else
  kill -KILL "$server" 2>/dev/null
fi
wait "$server" 2>/dev/null
rm -rf "$folder"
