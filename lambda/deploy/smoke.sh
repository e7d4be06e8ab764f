#!/bin/sh
# Shows that a deployed stack works; smoke.py tells how. `make deploy` ends with it.
# Usage: lambda/deploy/smoke.sh [STACK]   (default: semblante)
set -eu
cd "$(dirname "$0")/../.."
tests/aws/venv.sh lambda/deploy
[ -z "${AWS_REGION:-}" ] || export AWS_DEFAULT_REGION="$AWS_REGION"
exec lambda/deploy/.venv/bin/python lambda/deploy/smoke.py "${1:-semblante}"
