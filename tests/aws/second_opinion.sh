#!/bin/sh
# Runs the pipeline's definition in moto's interpreter and in the emulator's; our interpreter must reach the same results. moto
# shares no line with ours and reports everything: status, output, every event with its details, in order except for branches,
# which race. The emulator, with which the functions are tested, reports status, output, and the states outside of branches.
set -eu
cd "$(dirname "$0")/../.."
opinion=tests/aws/opinion
tests/aws/venv.sh
tests/aws/venv.sh "$opinion"
# With the features of the workspace, so that what `make test` has built is used.
cargo build --workspace --example asl-case --locked --quiet
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

record() { # name, command that prints cases; its log is shown only if it fails
    name=$1
    shift
    "$@" >"$folder/$name" 2>"$folder/log" || { cat "$folder/log" >&2; exit 1; }
}
record moto "$opinion/.venv/bin/python" "$opinion/in_moto.py"
record emulator env PYTHONPATH=tests/aws/deployed tests/aws/.venv/bin/python "$opinion/in_emulator.py"

passed=0 failed=0
compare() { # same|other: the result that our interpreter must reach; the file of cases
    target/debug/examples/asl-case "$folder/$2" >"$folder/lines" || true
    # A different result shows that the case ran; a refused definition shows nothing.
    case $1 in same) right='"pass":true' ;; other) right='"pass":false.*: recorded .*, found ' ;; esac
    good=$(grep -c "$right" "$folder/lines" || true)
    bad=$(grep -vc "$right" "$folder/lines" || true)
    echo "$2: $good of $((good + bad)) give the $1 result"
    grep -v "$right" "$folder/lines" || true
    # No cases at all are a failure too.
    [ "$good" -gt 0 ] || bad=$((bad + 1))
    passed=$((passed + good))
    failed=$((failed + bad))
}
compare same moto
compare same emulator

# A comparison that passes everything proves nothing: with a changed definition, each case must give another result.
for recorded in moto emulator; do
    sed 's/"Next": "GalleryIndexing"/"Next": ""/g
        s/"Next": "EmotionAnalysis"/"Next": "GalleryIndexing"/g
        s/"Next": ""/"Next": "EmotionAnalysis"/g' "$folder/$recorded" >"$folder/$recorded, in another order"
    compare other "$recorded, in another order"
done
sed 's/"TimeoutSeconds": 867600/"TimeoutSeconds": 867599/g' "$folder/moto" >"$folder/moto, with less time"
compare other "moto, with less time"

end=ok
[ "$failed" -eq 0 ] || end=FAILED
echo "test result: $end. $passed passed; $failed failed;"
[ "$failed" -eq 0 ]
