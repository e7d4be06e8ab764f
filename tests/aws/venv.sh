#!/bin/sh
# The emulator's Python packages, at the versions of requirements.txt, in .venv beside this file. Nothing to do where they
# are there already.
set -eu
cd "$(dirname "$0")"
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
