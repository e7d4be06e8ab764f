#!/bin/sh
# Makes FOLDER/.venv with what FOLDER/requirements.txt names; does nothing where that is there already.
# Usage: tests/aws/venv.sh FOLDER
set -eu
folder=${1:?usage: tests/aws/venv.sh FOLDER}
wanted=$(cksum <"$folder/requirements.txt")
[ "$(cat "$folder/.venv/made-of" 2>/dev/null)" = "$wanted" ] && exit 0

command -v python3 >/dev/null || { echo "venv.sh: python3 is needed (3.10 or later)" >&2; exit 1; }
rm -rf "$folder/.venv"
python3 -m venv "$folder/.venv" ||
    { echo "venv.sh: python3 lacks the module venv (Debian: apt install python3-venv)" >&2; exit 1; }
"$folder/.venv/bin/pip" install --quiet --disable-pip-version-check --no-deps -r "$folder/requirements.txt"
"$folder/.venv/bin/pip" check --disable-pip-version-check
echo "$wanted" >"$folder/.venv/made-of"
