#!/bin/sh
# Feeds each fuzz target its samples and mutations of them. Usage: fuzz/run.sh [SECONDS]   (for each target; default: 120)
set -eu
cd "$(dirname "$0")"
cargo build --locked --bins
passed=0
for target in fuzz_targets/*.rs; do
    "${CARGO_TARGET_DIR:-target}/debug/$(basename "$target" .rs)" --seconds "${1:-120}"
    passed=$((passed + 1))
done
echo "test result: ok. $passed passed; 0 failed;"
