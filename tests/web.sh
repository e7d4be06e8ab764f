#!/bin/sh
# Tests the gallery page: Chromium against `semblante up`, built here. Usage: tests/web.sh [PART OF A TEST'S NAME]
set -eu
cd "$(dirname "$0")/web"
if ! chromium --version >/dev/null 2>&1; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "web.sh: installing Chromium (1 minute)" >&2
        apt-get install --yes --no-install-recommends chromium >/dev/null
    fi
    chromium --version >/dev/null 2>&1 || {
        echo "missing: \`chromium --version\` does not work. The page is tested in it: apt-get install chromium" >&2
        exit 1
    }
fi
cmp -s package-lock.json node_modules/.lock || { npm ci --silent --no-audit --no-fund; cp package-lock.json node_modules/.lock; }
cargo build --workspace --all-features --locked
exec node run.js "$@"
