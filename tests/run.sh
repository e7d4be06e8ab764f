#!/usr/bin/env bash
# Runs the stages of `make check` or `make test` one after the other, prints the minutes of each, and ends with the
# totals of all tests. Every stage runs, whatever became of those before it; only missing tools end the run.
# Usage: tests/run.sh check|test [FILE]   (FILE: a list of stages other than tests/stages.txt)
set -uo pipefail
run=${1:-}
[[ $run == check || $run == test ]] || { echo "usage: tests/run.sh check|test [FILE]" >&2; exit 2; }
stages=$(grep -v '^#' "${2:-$(dirname "$0")/stages.txt}") || { echo "tests/run.sh: no stages" >&2; exit 2; }
cd "$(dirname "$0")/.."

log=$(mktemp)
trap 'rm -f "$log"' EXIT
passed=0 failed=0 table=''

# The sum of a column of the lines `test result: ok. 12 passed; 0 failed; …`, which cargo prints for each test binary
# and which a stage with another test runner must print too.
sum() {
    awk -v word="$1" '/^test result:/ { for (i = 2; i <= NF; i++) if ($i == word ";") n += $(i - 1) } END { print n + 0 }' "$log"
}

minutes() {
    awk -v s="$1" 'BEGIN { printf "%.1f", s / 60 }'
}

while read -r name budget when command <&3; do
    [[ $when == both || $when == "$run" ]] || continue
    echo "== $name: $command"
    began=$SECONDS
    bash -c "$command" 2>&1 | tee "$log"
    status=${PIPESTATUS[0]}
    took=$((SECONDS - began))
    stage_failed=$(sum failed)
    # A stage that failed without a failed test (it did not compile, say) counts as one failure.
    [[ $status -ne 0 && $stage_failed -eq 0 ]] && stage_failed=1
    passed=$((passed + $(sum passed)))
    failed=$((failed + stage_failed))
    end=ok
    [[ $took -gt $((budget * 60)) ]] && end='ok, over its budget'
    [[ $stage_failed -gt 0 ]] && end=failed
    line=$(printf '%-10s %5s of %2s minutes  %s' "$name" "$(minutes "$took")" "$budget" "$end")
    echo "== $line"
    table+="$line"$'\n'
    [[ $name == tools && $status -ne 0 ]] && break
done 3<<<"$stages"

printf '\n%s\n' "$table"
echo "$(minutes "$SECONDS") minutes"
echo "$passed passed, $failed failed"
[[ $failed -eq 0 ]]
