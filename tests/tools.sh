#!/bin/sh
# Names each tool that the tests need and that is missing, and how to install it.
set -eu
missing=0

need() { # command, reason, remedy
    $1 >/dev/null 2>&1 && return
    echo "missing: \`$1\` does not work. $2: $3" >&2
    missing=1
}

rustup='install Rust from https://rustup.rs (Cargo.toml says which release)'
need 'cargo --version' 'Semblante is written in Rust' "$rustup"
need 'cargo fmt --version' 'The format is checked' 'rustup component add rustfmt'
need 'cargo clippy --version' 'Lints are checked' 'rustup component add clippy'
need 'cc --version' 'SQLite is compiled from C' 'install a C compiler (Debian: apt install build-essential)'
need 'node --version' 'The face engine is compared with its reference' 'install Node.js 20.19 or later'
need 'npm --version' "The face engine's networks come by npm" 'install npm (it comes with Node.js)'
need 'python3 -m ensurepip --version' 'Template and emulator are checked by Python programs' 'install Python 3.11 or later with venv (Debian: python3-venv)'
need 'curl --version' 'A server is asked from the shell' 'install curl'
exit "$missing"
