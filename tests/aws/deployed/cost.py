"""What one upload asks of AWS, counted: `python cost.py BINARIES` prints it as JSON for `bench cost`.

A client declares a photo, puts it, asks three times for its status and once for the gallery. The functions' calls are
counted at the proxy; what AWS's own services ask of each other, which no proxy sees, follows from the template: a message
is sent, received and deleted once each, and an invocation settles it.
"""

import base64
import json
import os
import sys

import world as deployed
from client import send
from journeys import photo
from proxy import Proxy
from world import Emulator, World

STATUS_POLLS = 3
FUNCTIONS = ("Api", "Intake", "FaceDetection", "EmotionAnalysis", "ImageGeneration", "MelodyGeneration", "GalleryIndexing")
KIB = 1024


def _attribute_bytes(value):
    """The size that DynamoDB bills of an attribute's value, near enough: it rounds items up to whole kilobytes."""
    (kind, content), = value.items()
    if kind == "B":
        return len(base64.b64decode(content))
    if kind in ("S", "N"):
        return len(content.encode())
    if kind == "M":
        return sum(len(name) + _attribute_bytes(one) for name, one in content.items())
    if kind == "L":
        return sum(_attribute_bytes(one) for one in content)
    return 1


def _write_units(item):
    size = sum(len(name) + _attribute_bytes(value) for name, value in item.items())
    return max(1, -(-size // KIB))


def _dynamodb_units(requests):
    """Write and read units; every read of ours is consistent, and of less than 4 KB unless it is of many items."""
    writes = reads = 0
    for call, body in requests:
        service, operation = call.split(":", 1)
        if service != "DynamoDB":
            continue
        document = json.loads(body)
        if operation == "PutItem":
            writes += _write_units(document["Item"])
        elif operation == "DeleteItem":
            writes += 1
        elif operation == "TransactWriteItems":
            for one in document["TransactItems"]:
                writes += 2 * (_write_units(one["Put"]["Item"]) if "Put" in one else 1)
        elif operation == "BatchWriteItem":
            for items in document["RequestItems"].values():
                writes += sum(_write_units(one["PutRequest"]["Item"]) if "PutRequest" in one else 1 for one in items)
        elif operation == "BatchGetItem":
            reads += sum(len(asked["Keys"]) for asked in document["RequestItems"].values())
        else:
            reads += 1
    return writes, reads


def count(world):
    """The counted calls of one upload."""
    ana = world.somebody()
    proxy = Proxy(world.url)
    for function in FUNCTIONS:
        world.set(function, **proxy.settings())
    asked = send("GET", world.api + "/healthz").status
    assert asked == 200
    proxy.calls.clear()
    proxy.requests.clear()
    upload = ana.put(photo())
    world.expect_execution(upload, 1, "SUCCEEDED")
    for _ in range(STATUS_POLLS):
        document = ana.get(f"/uploads/{upload}").expect(200)
    assert document["state"] == "complete" and document["faces_count"] == 1, document
    ana.gallery()
    _, history = world.execution(upload, 1)
    writes, reads = _dynamodb_units(proxy.requests)
    of = lambda service: sum(n for call, n in proxy.calls.items() if call.startswith(service + ":"))
    puts = {call: n for call, n in proxy.calls.items() if call.startswith("s3:put")}
    return {
        "api_requests": 1 + STATUS_POLLS + 1,
        "transitions": sum(event["type"].endswith("StateEntered") for event in history) + 1,
        "rekognition": of("RekognitionService"),
        # Those of the client go straight to the bucket.
        "s3_puts": sum(puts.values()),
        "s3_gets": of("s3") - sum(puts.values()),
        "dynamodb_write_units": writes,
        "dynamodb_read_units": reads,
        "items_written": sum(
            len(json.loads(body)["TransactItems"]) if call.endswith("TransactWriteItems") else 1
            for call, body in proxy.requests
            if call.split(":")[1] in ("PutItem", "TransactWriteItems")
        ),
        "events": of("AWSEvents"),
        "sqs_calls": of("AmazonSQS"),
        "step_functions_calls": of("AWSStepFunctions"),
        "stage_ms": {
            stage["name"]: _milliseconds(stage["started_at"], stage["finished_at"]) for stage in document["stages"]
        },
        "calls": dict(sorted(proxy.calls.items())),
    }


def _milliseconds(begun, ended):
    from datetime import datetime

    return (datetime.fromisoformat(ended) - datetime.fromisoformat(begun)).total_seconds() * 1000


def main():
    os.environ["AWS_DEFAULT_REGION"] = deployed.REGION
    emulator = Emulator()
    try:
        print(json.dumps(count(World(emulator, sys.argv[1])), indent=1))
    finally:
        emulator.stop()


main()
