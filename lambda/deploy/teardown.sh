#!/bin/sh
# Deletes what deploy.sh made. Photos and tables outlive the stack, unless DATA=delete.
# Usage: [DATA=delete] lambda/deploy/teardown.sh [STACK]   (default: semblante)
set -eu
cd "$(dirname "$0")/../.."
stack=${1:-semblante}
case ${DATA:-keep} in keep | delete) ;; *) echo "teardown.sh: DATA is keep or delete" >&2; exit 2 ;; esac

tests/aws/venv.sh lambda/deploy
PATH="$PWD/lambda/deploy/.venv/bin:$PATH"
exec python lambda/deploy/teardown.py "$stack" "${DATA:-keep}"
