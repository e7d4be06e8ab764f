"""Deploys template.yaml into the emulator and runs every journey: `python deployed BINARIES [NAME...]`.

BINARIES is a folder with the functions' programs. Names choose journeys. The last line is like Cargo's.
"""

import os
import sys
import time
import traceback

from faults import HARD
from journeys import JOURNEYS
from one_process import ONE_PROCESS
from operation import OPERATION
from removal import REMOVAL
from world import Emulator, World

MAX_STACK_S = 60


def stack_comes_up(world):
    """The figure that is promised."""
    assert world.stack_s <= MAX_STACK_S, f"the stack took {world.stack_s:.1f} s"


def run(world, chosen):
    passed, failed = 0, []
    for test in [stack_comes_up, *JOURNEYS, *OPERATION, *ONE_PROCESS, *REMOVAL, *HARD]:
        if chosen and test.__name__ not in chosen:
            continue
        began, begun_at = time.monotonic(), time.time()
        try:
            test(world)
            passed += 1
            end = "ok"
        except Exception:
            traceback.print_exc()
            print("\n".join(world.troubles(int(begun_at * 1000))))
            failed.append(test.__name__)
            end = "FAILED"
        print(f"test {test.__name__} ... {end} ({time.monotonic() - began:.1f} s)", flush=True)
    print(f"\nthe stack came up in {world.stack_s:.1f} s")
    word = "FAILED" if failed or not passed else "ok"
    print(f"test result: {word}. {passed} passed; {len(failed)} failed;")
    return not failed and passed > 0


def main():
    os.environ["AWS_DEFAULT_REGION"] = "us-east-1"  # the SAM translator asks for it
    binaries, *chosen = sys.argv[1:]
    emulator = Emulator()
    try:
        well = run(World(emulator, binaries), set(chosen))
    finally:
        emulator.stop()
    sys.exit(0 if well else 1)


main()
