#!/bin/sh
# Checks template.yaml and the state machine's definition, without an account: sam validate --lint, cfn-lint, asl-validator.
# Each must also refuse a broken file: a validator that passes everything proves nothing.
set -eu
cd "$(dirname "$0")/../.."
tools=tests/aws/validate
template=template.yaml
definition=statemachine/pipeline.asl.json

tests/aws/venv.sh "$tools"
command -v npm >/dev/null || { echo "validate.sh: npm is needed (Node.js 18 or later)" >&2; exit 1; }
(cd "$tools" && npm ci --silent --ignore-scripts --no-audit --no-fund)
export AWS_DEFAULT_REGION=us-east-1 SAM_CLI_TELEMETRY=0 PATH="$PWD/$tools/.venv/bin:$PWD/$tools/node_modules/.bin:$PATH"

broken=$(mktemp -d)
trap 'rm -rf "$broken"' EXIT
sed 's/!GetAtt UploadsQueue\.Arn/!GetAtt UploadsQueue.Nothing/' "$template" >"$broken/$template"
# What CloudFormation puts in; asl-validator knows a task by its resource.
sed 's/\${Partition}/aws/' "$definition" >"$broken/whole.json"
sed 's/"Next": "EmotionAnalysis"/"Next": "NoSuchState"/' "$broken/whole.json" >"$broken/definition.json"

passed=0 failed=0
check() { # accepts|refuses, command
    wanted=$1
    shift
    if said=$("$@" 2>&1); then found=accepts; else found=refuses; fi
    if [ "$found" = "$wanted" ]; then
        passed=$((passed + 1))
        echo "ok: $1 $found the $([ "$wanted" = accepts ] && echo "project's" || echo broken) one"
    else
        failed=$((failed + 1))
        printf '%s\nFAILED: %s: %s\n' "$said" "$found" "$*"
    fi
}
check accepts sam validate --lint --template "$template"
check accepts cfn-lint "$template"
check accepts asl-validator --json-path "$broken/whole.json"
check refuses sam validate --lint --template "$broken/$template"
check refuses cfn-lint "$broken/$template"
check refuses asl-validator --json-path "$broken/definition.json"

[ "$failed" -eq 0 ] && end=ok || end=FAILED
echo "test result: $end. $passed passed; $failed failed;"
[ "$failed" -eq 0 ]
