#!/bin/sh
# Fetches the face engine's weights and sample photos (npm package @vladmandic/face-api, MIT) into a directory.
# Usage: shared/vision/models.sh [DIR]   (default: models, beside Cargo.toml)
#
# With SEMBLANTE_REFERENCE=1 it also installs what the test against face-api needs.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
to=${1:-$here/../../models}
omit='--omit=dev'
[ "${SEMBLANTE_REFERENCE:-}" = 1 ] && omit=''

command -v npm >/dev/null || { echo "models.sh: npm is needed (Node.js 18 or later)" >&2; exit 1; }
# shellcheck disable=SC2086 # $omit is one option or none
(cd "$here" && npm ci --ignore-scripts --no-audit --no-fund $omit)

package=$here/node_modules/@vladmandic/face-api
mkdir -p "$to"
cp "$package"/model/* "$to/"
cp "$package"/demo/sample*.jpg "$to/"
echo "models are in $to"
