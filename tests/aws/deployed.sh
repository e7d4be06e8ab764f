#!/bin/sh
# Deploys template.yaml into the emulator, with the functions' binaries as a debug build, and runs the journeys by pytest.
# Usage: tests/aws/deployed.sh [OPTION...]   (options of pytest: `-k replay` chooses journeys by name)
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
folder=tests/aws/deployed
# In this order: the last one leaves a proxy between the functions and AWS.
exec tests/aws/.venv/bin/python -B -m pytest -c "$folder/pytest.ini" --binaries "$binaries" \
    "$folder/test_deploy.py" "$folder/test_journeys.py" "$folder/test_operation.py" "$folder/test_smoke.py" "$folder/test_one_process.py" "$folder/test_removal.py" \
    "$folder/test_faults.py" "$@"
