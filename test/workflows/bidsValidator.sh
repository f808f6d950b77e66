#!/usr/bin/env bash
# Three real sessions as a BIDS dataset, and what `quorum bids` makes of one of them, through the BIDS validator of npm. It knows no
# derivatives: of the output it may say that names are not those of raw data, and that a participant has no others (codes 1 and 67), and
# nothing else. Run by hand.
# test/workflows/bidsValidator.sh [DATA]; BIDS_VALIDATOR names the command where it is installed already.
set -euo pipefail
cd "$(dirname "$0")/../.."
data=${1:-${QUORUM_DATA:-../shared/data}}
if [ ! -d "$data/partial" ]; then
  echo "SKIPPED: $data/partial is not there"
  exit 0
fi
validator=${BIDS_VALIDATOR:-npx --yes bids-validator@1.15.0}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

. test/workflows/realSessions.sh
real_sessions "$data" "$work/raw" 3 Three

node dist/cli/main.js bids "$work/raw" "$work/out" participant --participant-label 01 --device cpu
node dist/cli/main.js bids "$work/raw" "$work/out" group
# $1: dataset, $2: codes that may be said
errors() {
  { $validator --json "$1" || true; } | node -e '
    const [name, allowed] = process.argv.slice(1);
    const { issues } = JSON.parse(require("fs").readFileSync(0, "utf8"));
    for (const { code, key, files } of issues.errors) console.log(`  ${code} ${key}: ${files.length} files`);
    const bad = issues.errors.filter(({ code }) => !allowed.split(",").includes(String(code)));
    console.log(`${name}: ${issues.errors.length} errors, ${bad.length} of them not expected, ${issues.warnings.length} warnings`);
    process.exit(bad.length > 0 ? 1 : 0);' "$2" "$3"
}
errors "$work/raw" input ""
errors "$work/out" output 1,67
