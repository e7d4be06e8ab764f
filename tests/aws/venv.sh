#!/bin/sh
# Python packages at the versions of a requirements.txt, in .venv beside it. Nothing to do where they are there already.
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
rm -rf .venv
python3 -m venv .venv
.venv/bin/pip install --quiet --disable-pip-version-check --no-deps --requirement requirements.txt
.venv/bin/pip check
cp requirements.txt .venv/requirements.txt
