#!/bin/sh
# Deletes what deploy.sh made. Photos and tables outlive the stack, unless DATA=delete, then or later.
# Usage: [DATA=delete] lambda/deploy/teardown.sh [STACK]   (default: semblante)
set -eu
cd "$(dirname "$0")/../.."
stack=${1:-semblante}
case ${DATA:-keep} in keep | delete) ;; *) echo "teardown.sh: DATA is keep or delete" >&2; exit 2 ;; esac

tests/aws/venv.sh lambda/deploy
PATH="$PWD/lambda/deploy/.venv/bin:$PATH"
[ -z "${AWS_REGION:-}" ] || export AWS_DEFAULT_REGION="$AWS_REGION"
exec python lambda/deploy/teardown.py "$stack" "${DATA:-keep}"
