#!/bin/sh
# Fetches the face engine's weights and sample photos (npm package @vladmandic/face-api, MIT) into a directory.
# Usage: shared/vision/models.sh [DIR]   (default: models, beside Cargo.toml)
#
# With SEMBLANTE_REFERENCE=1 it also installs what the test against face-api needs.
#
# Every directory is filled under another name and renamed, so that a program that reads it meanwhile, or a second
# run, finds it whole. Packages stay in .packages, one directory for each lock file; `node_modules` is a link to one.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
to=${1:-$here/../../models}
kind=models omit=--omit=dev
[ "${SEMBLANTE_REFERENCE:-}" = 1 ] && kind=reference omit=''

command -v npm >/dev/null || { echo "models.sh: npm is needed (Node.js 18 or later)" >&2; exit 1; }

unfinished=''
trap 'rm -rf $unfinished' EXIT

# rename(2), which fails where `mv` would move into an existing directory.
rename() {
    node -e 'require("fs").renameSync(process.argv[1], process.argv[2])' "$1" "$2" 2>/dev/null
}

packages=$here/.packages
lock=$(cksum <"$here/package-lock.json" | tr ' ' -)
# The packages of the reference include those of the models.
[ -d "$packages/$lock-reference" ] && kind=reference
if [ ! -d "$packages/$lock-$kind" ]; then
    mkdir -p "$packages"
    new=$(mktemp -d "$packages/new.XXXXXX")
    unfinished=$new
    cp "$here/package.json" "$here/package-lock.json" "$here/.npmrc" "$new"
    # shellcheck disable=SC2086 # $omit is one option or none
    (cd "$new" && npm ci --ignore-scripts --no-audit --no-fund $omit)
    rename "$new" "$packages/$lock-$kind" || [ -d "$packages/$lock-$kind" ]
fi

link=$packages/link.$$
ln -s ".packages/$lock-$kind/node_modules" "$link"
unfinished="$unfinished $link"
if [ -d "$here/node_modules" ] && [ ! -L "$here/node_modules" ]; then
    # An installation by hand, or by an older version of this script.
    mv "$here/node_modules" "$packages/old.$$"
    unfinished="$unfinished $packages/old.$$"
fi
rename "$link" "$here/node_modules"

package=$packages/$lock-$kind/node_modules/@vladmandic/face-api
mkdir -p "$(dirname "$to")"
new=$(mktemp -d "${to%/}.XXXXXX")
unfinished="$unfinished $new"
chmod 755 "$new"
cp "$package"/model/* "$package"/demo/sample*.jpg "$new"
if ! rename "$new" "$to"; then
    # The directory exists: each file that differs is replaced by a rename.
    for file in "$new"/*; do
        cmp -s "$file" "$to/${file##*/}" || mv -f "$file" "$to/"
    done
fi
echo "models are in $to"
