#!/bin/sh
# Runs the pipeline's definition in moto's interpreter and in ours, and compares ends, outputs, states and events.
set -eu
cd "$(dirname "$0")/../.."
tests/aws/venv.sh tests/aws/moto
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

tests/aws/moto/.venv/bin/python tests/aws/moto/second_opinion.py >"$folder/cases.json" 2>"$folder/log" || {
    cat "$folder/log" >&2
    exit 1
}
cargo run --quiet --locked -p statemachine --example asl-case -- "$folder/cases.json" >"$folder/lines" || true
passed=$(grep -c '"pass":true' "$folder/lines" || true)
failed=$(grep -c '"pass":false' "$folder/lines" || true)
grep '"pass":false' "$folder/lines" || true
end=ok
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ] || end=FAILED
echo "test result: $end. $passed passed; $failed failed;"
[ "$end" = ok ]
