#!/bin/sh
# Deploys template.yaml into the emulator, with the functions' binaries as a debug build, and runs the journeys.
# Usage: tests/aws/deployed.sh [NAME...]   (names of journeys; default: all)
set -eu
cd "$(dirname "$0")/../.."
[ -e models/sample1.jpg ] || { echo "deployed.sh: there are no sample photos; fetch them: make models" >&2; exit 1; }
tests/aws/venv.sh
cargo build -p lambda --bins --locked

binaries=target/deployed
mkdir -p "$binaries"
for binary in ingest worker dead-letters keeper; do
    strip -o "$binaries/$binary" "target/debug/$binary"
done
exec tests/aws/.venv/bin/python tests/aws/deployed "$binaries" "$@"
