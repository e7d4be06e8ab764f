"""Counts the calls of one upload to AWS: `python cost.py BINARIES PHOTO` prints them as JSON for `bench cost`, with Rekognition and
with the embedded face engine.

A client declares a photo with one face, puts it, asks for its status once it is closed, for the gallery, and reads preview,
picture and melody. The emulator's ledger counts what is asked of it; durations are those that it reports of each function,
as Lambda would bill them. What AWS's services ask of each other is in no ledger; it follows from the template: a message is
sent, received and deleted once each, and an invocation settles it.
"""

import json
import os
import re
import statistics
import sys
import time

import world as deployed
from client import photo, send
from world import Emulator, World

ENGINES = ("rekognition", "embedded")
UPLOADS = 5
LINKS = ("preview", "generated_image", "melody")
# The emulator's history has no events inside a Parallel: its two branches enter a state each.
BRANCHES = 2
REPORT = re.compile(r"^REPORT .*Billed Duration: (\d+) ms\tMemory Size: (\d+) MB")
# An upload takes less. Asking meanwhile would take the cores that its functions are measured on.
RUN_S = 3
# The end of an invocation and the acknowledgement of its messages are recorded a moment later.
SETTLED_S = 1


def _count(world, ana, path):
    """The counted calls of one upload."""
    before, begun_ms = world.ledger(), int(time.time() * 1000)
    upload = ana.put(photo(path))
    time.sleep(RUN_S)
    world.expect_execution(upload, 1, "SUCCEEDED")
    document = ana.status(upload)
    ana.gallery()
    for link in LINKS:
        send("GET", document[link]).expect(200)
    assert document["state"] == "complete" and document["faces_count"] == 1, document
    time.sleep(SETTLED_S)
    history = world.execution(upload, 1)[1]
    asked = world.ledger()
    asked.subtract(before)
    lines = world.log(begun_ms)
    reports = [tuple(map(int, found.groups())) for found in map(REPORT.match, lines) if found]

    def of(service):
        return sum(n for call, n in asked.items() if call.startswith(f"{service}:"))

    puts = asked["s3:PutObject"]
    return {
        "api_requests": 3,
        "invocations": len(reports),
        "gigabyte_s": sum(billed_ms * mb for billed_ms, mb in reports) / 1024 / 1000,
        "transitions": sum(event["type"].endswith("StateEntered") for event in history) + 1 + BRANCHES,
        "rekognition": of("rekognition"),
        "s3_puts": puts,
        "s3_gets": of("s3") - puts,
        "items_written": asked["items_written"],
        "dynamodb_write_units": asked["write_units"] + asked["index_units"],
        "dynamodb_read_units": asked["read_units"],
        "events": of("events"),
        "log_bytes": sum(len(line.encode()) for line in lines),
    }


def count(engine, binaries, path):
    """The median of each figure over some uploads."""
    emulator = Emulator()
    try:
        world = World(emulator, binaries, FaceEngine=engine)
        ana = world.new_user()
        ana.until_done(ana.put(photo(path)))  # so that the functions are warm
        time.sleep(SETTLED_S)
        counts = [_count(world, ana, path) for _ in range(UPLOADS)]
    finally:
        emulator.stop()
    return {figure: statistics.median(one[figure] for one in counts) for figure in counts[0]}


def main():
    os.environ["AWS_DEFAULT_REGION"] = deployed.REGION
    print(json.dumps({engine: count(engine, *sys.argv[1:]) for engine in ENGINES}, indent=1))


main()
