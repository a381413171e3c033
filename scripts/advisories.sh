#!/bin/bash
# Asks the npm registry whether anything that Tidemark runs with has a known advisory, and says which packages of the
# lock file their authors have given up. Ends with 0 where there is none, 1 where there is one, and 2 where the registry
# cannot be asked: no answer is never taken for a good one.
set -uo pipefail
cd "$(dirname "$0")/.."

answer=$(npm audit --omit=dev --json --loglevel=silent)
node - "$answer" <<'SCRIPT'
const { readFileSync } = require('fs');
const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
const given = Object.entries(packages).filter(([, one]) => one.deprecated && !one.dev);
for (const [path, { version, deprecated }] of given) console.log(`given up: ${path} ${version}: ${deprecated}`);

let report = null;
try {
  report = JSON.parse(process.argv[2]);
} catch {
  // Said below.
}
if (report?.vulnerabilities === undefined) {
  const why = report?.message ?? report?.error?.summary ?? 'no answer';
  console.log(`unknown: the registry did not say whether there are advisories (${why}). Run this where a registry answers, or name one: npm_config_registry=https://… scripts/advisories.sh`);
  process.exit(2);
}
const found = Object.values(report.vulnerabilities);
for (const { name, severity, range, via } of found) {
  const titles = via.map((one) => (typeof one === 'string' ? `by way of ${one}` : `${one.title} (${one.url})`));
  console.log(`${severity}: ${name} ${range}: ${titles.join('; ')}`);
}
const asked = Object.values(packages).filter((one) => !one.dev).length - 1;
if (found.length === 0) console.log(`none of ${asked} packages has a known advisory`);
process.exit(found.length === 0 ? 0 : 1);
SCRIPT
