#!/bin/sh
# Installs the Python packages of a requirements.txt into .venv beside it, each checked by its hash. Does nothing if they are
# there already. To change a version: edit requirements.in and run the command that begins requirements.txt (uv is on pip).
# Usage: tests/aws/venv.sh [FOLDER]   (default: this one, the emulator's)
set -eu
cd "${1:-$(dirname "$0")}"
if cmp -s requirements.txt .venv/requirements.txt; then
    exit 0
fi
python3 -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || {
    echo "tests/aws: needs Python 3.11 or later with venv (Debian: apt-get install python3-venv)" >&2
    exit 1
}
echo "venv.sh: installing the Python packages of $PWD (1 to 2 minutes)" >&2
rm -rf .venv
python3 -m venv .venv
.venv/bin/pip install --quiet --disable-pip-version-check --no-deps --require-hashes --requirement requirements.txt
.venv/bin/pip check
cp requirements.txt .venv/requirements.txt
