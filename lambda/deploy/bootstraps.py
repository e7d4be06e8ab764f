"""Checks built programs before they are deployed: `bootstraps.py ARCHITECTURE FILE...` ends with a message unless each is for that
architecture and needs no newer glibc than Lambda's.
"""

import re
import struct
import sys

# The machines of ELF headers.
MACHINES = {"x86_64": 62, "arm64": 183}
# Amazon Linux 2023, on which provided.al2023 runs.
MAX_GLIBC = (2, 34)


def fault(program, architecture):
    """What is wrong with a program; None: nothing."""
    magic, machine = program[:4], program[18:20]
    if magic != b"\x7fELF" or struct.unpack("<H", machine)[0] != MACHINES[architecture]:
        return f"is not a program for {architecture}"
    newest = max(((int(major), int(minor)) for major, minor in re.findall(rb"GLIBC_(\d+)\.(\d+)", program)), default=(0, 0))
    if newest > MAX_GLIBC:
        return f"needs glibc {newest[0]}.{newest[1]}; Lambda has {MAX_GLIBC[0]}.{MAX_GLIBC[1]}"
    return None


def main(architecture, *paths):
    if not paths:
        sys.exit("nothing was built")
    for path in paths:
        with open(path, "rb") as file:
            found = fault(file.read(), architecture)
        if found:
            sys.exit(f"{path} {found}")


if __name__ == "__main__":
    main(*sys.argv[1:])
