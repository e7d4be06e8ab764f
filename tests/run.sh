#!/usr/bin/env bash
# Runs the stages of `make check` or `make test` in order, prints the minutes of each stage, and ends with the totals of
# all tests. A failed stage does not end the run, except missing tools. A stage that takes three times its budget is
# killed with all its processes, and counts as failed.
# Usage: tests/run.sh check|test [FILE]   (FILE: a list of stages other than tests/stages.txt)
set -uo pipefail
run=${1:-}
[[ $run == check || $run == test ]] || { echo "usage: tests/run.sh check|test [FILE]" >&2; exit 2; }
((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 501)) || { echo "tests/run.sh: needs bash 5.1 or later" >&2; exit 2; }
stages=$(grep -v '^#' "${2:-$(dirname "$0")/stages.txt}") || { echo "tests/run.sh: no stages" >&2; exit 2; }
cd "$(dirname "$0")/.." || exit 2
# Job control gives every stage a process group of its own, which can be killed as a whole.
set -m

log=$(mktemp)
passed=0 failed=0 table='' stage='' timer=''

# The sum of a column of the lines `test result: ok. 12 passed; 0 failed; …`, which cargo prints for each test binary
# and which a stage with another test runner must print too.
sum() {
    awk -v word="$1" '/^test result:/ { for (i = 2; i <= NF; i++) if ($i == word ";") n += $(i - 1) } END { print n + 0 }' "$log"
}

# The tests that had not ended. Cargo's test binaries announce every test that runs for a minute; pytest writes the name
# of a test when it begins, so that the last line ends with it.
running() {
    awk '$1 == "Running" || $1 == "Doc-tests" { binary = " in " $2 }
        / has been running for over / { slow[$2] }
        $1 == "test" && $3 == "..." { delete slow[$2] }
        NF { last = $0 }
        END {
            for (name in slow) names = names (names ? ", " : "") name
            if (last ~ /^[^ ]+::[^ ]+ *$/) names = last
            print (names ? names : "unknown; last line: " last) binary
        }' "$log"
}

kill_group() { # process group
    kill -TERM -- "-$1"
    for _ in {1..20}; do
        kill -0 -- "-$1" || return
        sleep 0.25
    done
    kill -KILL -- "-$1"
} 2>/dev/null

# Runs a stage and ends all its processes. Sets `status` to its exit code, or to `killed` if it reached the limit.
run_stage() { # limit in seconds, command
    { bash -c "$2" 2>&1 | tee "$log"; exit "${PIPESTATUS[0]}"; } </dev/null &
    stage=$!
    sleep "$1" &
    timer=$!
    local first=''
    wait -n -p first "$stage" "$timer"
    status=$?
    [[ $first == "$timer" ]] && status=killed
    kill_group "$stage"
    kill_group "$timer"
    # Reaps both here, where bash's report of a killed job is discarded.
    wait "$stage" "$timer"
    stage='' timer=''
} 2>/dev/null

finish() {
    [[ -n $stage ]] && kill_group "$stage"
    [[ -n $timer ]] && kill_group "$timer"
    rm -f "$log"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

while read -r name budget when command <&3; do
    [[ $when == both || $when == "$run" ]] || continue
    echo "== $name: $command"
    limit=$(awk -v minutes="$budget" 'BEGIN { print 3 * 60 * minutes }')
    began=$SECONDS
    run_stage "$limit" "$command"
    took=$((SECONDS - began))
    stage_failed=$(sum failed)
    # A stage that failed without a failed test (it did not compile, say) counts as one failure. So does a killed stage:
    # the test that was running has no result.
    if [[ $status == killed ]]; then
        stage_failed=$((stage_failed + 1))
        printf '\n== %s: killed after %s seconds, three times its budget; running: %s\n' "$name" "$limit" "$(running)"
    elif [[ $status -ne 0 && $stage_failed -eq 0 ]]; then
        stage_failed=1
    fi
    passed=$((passed + $(sum passed)))
    failed=$((failed + stage_failed))
    line=$(awk -v name="$name" -v took="$took" -v budget="$budget" -v status="$status" -v failed="$stage_failed" 'BEGIN {
        end = took > budget * 60 ? "ok, over its budget" : "ok"
        if (failed) end = status == "killed" ? "killed" : "failed"
        printf "%-10s %5.1f of %2s minutes  %s", name, took / 60, budget, end
    }')
    echo "== $line"
    table+="$line"$'\n'
    [[ $name == tools && $status != 0 ]] && break
done 3<<<"$stages"

printf '\n%s\n' "$table"
awk -v s="$SECONDS" 'BEGIN { printf "%.1f minutes\n", s / 60 }'
echo "$passed passed, $failed failed"
[[ $failed -eq 0 ]]
