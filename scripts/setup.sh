#!/bin/bash
# Makes a fresh clone ready to build, test and show itself; does nothing the second time.
set -euo pipefail
cd "$(dirname "$0")/.."
[[ -d node_modules ]] || npm ci
