"""What one upload asks of AWS, counted: `python cost.py BINARIES` prints it as JSON for `bench cost`.

A client declares a photo with one face, puts it, asks three times for its status, once for the gallery, and reads preview,
picture and melody. The emulator's ledger counts what is asked of it. What AWS's services ask of each other is in no
ledger; it follows from the template: a message is sent, received and deleted once each, and an invocation settles it.
"""

import json
import os
import sys
import time
from collections import Counter
from datetime import datetime

import world as deployed
from client import send
from journeys import photo
from world import Emulator, World

STATUS_POLLS = 3
LINKS = ("preview", "generated_image", "melody")


def _ledger(world):
    """What was asked so far, calls and figures together."""
    page = send("GET", f"{world.url}/_semblante/ledger?account=000000000000").expect(200)
    if isinstance(page, bytes):
        page = json.loads(page)
    return Counter({**page.pop("calls"), **page})


def _milliseconds(begun, ended):
    return (datetime.fromisoformat(ended) - datetime.fromisoformat(begun)).total_seconds() * 1000


def count(world):
    """The counted calls of one upload."""
    ana = world.somebody()
    ana.until_done(ana.put(photo()))  # so that the functions are warm
    time.sleep(2)  # what indexes and logs are told late belongs to that one

    before, begun = _ledger(world), time.time()
    upload = ana.put(photo())
    there = time.time()
    world.expect_execution(upload, 1, "SUCCEEDED")
    asked = time.time()
    for _ in range(STATUS_POLLS):
        document = ana.get(f"/uploads/{upload}").expect(200)
    ana.gallery()
    asked = time.time() - asked
    for link in LINKS:
        send("GET", document[link]).expect(200)
    assert document["state"] == "complete" and document["faces_count"] == 1, document
    execution, history = world.execution(upload, 1)
    asked_for = _ledger(world)
    asked_for.subtract(before)

    def of(service):
        return sum(n for call, n in asked_for.items() if call.startswith(f"{service}:"))

    puts = asked_for["s3:PutObject"]
    return {
        "api_requests": 1 + STATUS_POLLS + 1,
        "transitions": sum(event["type"].endswith("StateEntered") for event in history) + 1 + BRANCHES,
        "rekognition": of("rekognition"),
        "s3_puts": puts,
        "s3_gets": of("s3") - puts,
        "items_written": asked_for["items_written"],
        "dynamodb_write_units": asked_for["write_units"] + asked_for["index_units"],
        "dynamodb_read_units": asked_for["read_units"],
        "events": of("events"),
        # As a client sees them, so more than is billed.
        "api_ms": (there - begun + asked) * 1000,
        "intake_ms": max(0, execution["startDate"].timestamp() - there) * 1000,
        "stage_ms": {
            stage["name"]: _milliseconds(stage["started_at"], stage["finished_at"]) for stage in document["stages"]
        },
        "log_bytes": world.log_bytes(int(begun * 1000)),
        "calls": {call: n for call, n in sorted(asked_for.items()) if n},
    }


# The emulator's history has no events inside a Parallel: its two branches enter a state each.
BRANCHES = 2


def main():
    os.environ["AWS_DEFAULT_REGION"] = deployed.REGION
    emulator = Emulator()
    try:
        print(json.dumps(count(World(emulator, sys.argv[1])), indent=1))
    finally:
        emulator.stop()


main()
