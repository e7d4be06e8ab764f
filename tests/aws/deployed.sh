#!/bin/sh
# Deploys template.yaml into the emulator, with the functions' binaries as a debug build, and runs the journeys.
# Usage: tests/aws/deployed.sh [NAME...]   (names of journeys; default: all)
set -eu
cd "$(dirname "$0")/../.."
[ -e models/sample1.jpg ] || { echo "deployed.sh: there are no sample photos; fetch them: make models" >&2; exit 1; }
tests/aws/venv.sh
# As `make test` has built them already: naming the package alone would build the SDK anew, with other features.
cargo test --workspace --all-features --locked --no-run --quiet

binaries=target/deployed
mkdir -p "$binaries"
for binary in ingest worker dead-letters maintenance; do
    strip -o "$binaries/$binary" "target/debug/$binary"
done
exec tests/aws/.venv/bin/python tests/aws/deployed "$binaries" "$@"
