"""`semblante` in the account of the stack: one process in place of the functions, and operators' commands."""

import json
import select
import signal
import subprocess
from contextlib import contextmanager

from client import Client, photo, stages, until
from world import ALL_GOOD, REGION

PROGRAM = "target/debug/semblante"
START_S = 30
STOP_S = 15
# The settings that are outputs of the template.
OUTPUTS = {
    "MEDIA_BUCKET": "MediaBucket",
    "QUEUE_URL_PREFIX": "QueueUrlPrefix",
    "TABLE_PREFIX": "TablePrefix",
    "STATE_MACHINE": "StateMachine",
    "EVENT_BUS": "DomainBus",
    "SECRET": "Secret",
}


def _environment(world):
    return {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": REGION,
        "AWS_ENDPOINT_URL": world.url,
        "SEMBLANTE_FACE_ENGINE": "rekognition",
        "SEMBLANTE_LOG_LEVEL": "warn",
        **{f"SEMBLANTE_{key}": world.outputs[output] for key, output in OUTPUTS.items()},
    }


def _command(world, *arguments):
    """The JSON output of a command."""
    ran = subprocess.run(
        [PROGRAM, "--backend", "aws", *arguments, "--json"],
        env=_environment(world), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60,
    )
    assert ran.returncode == 0, (ran.stdout, ran.stderr)
    return json.loads(ran.stdout)


@contextmanager
def _without_functions(world):
    """No function polls the queues meanwhile."""
    functions = world.client("lambda")
    sources = [one["UUID"] for one in functions.list_event_source_mappings()["EventSourceMappings"]]
    assert len(sources) == 12, sources
    for source in sources:
        functions.update_event_source_mapping(UUID=source, Enabled=False)
    try:
        yield
    finally:
        for source in sources:
            functions.update_event_source_mapping(UUID=source, Enabled=True)


@contextmanager
def _up(world):
    """The address of a process that runs `up`."""
    process = subprocess.Popen(
        [PROGRAM, "up", "--backend", "aws", "--listen", "127.0.0.1:0"],
        env=_environment(world), stdout=subprocess.PIPE, text=True,
    )
    try:
        assert select.select([process.stdout], [], [], START_S)[0], "it does not start"
        line = process.stdout.readline()
        assert line.startswith("listening on "), line
        yield line.removeprefix("listening on ").strip()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=STOP_S) == 0
    finally:
        process.kill()
        process.wait()


def test_operators_commands_in_the_account(world):
    ana = world.new_user()
    upload = ana.put(photo())
    ana.until_done(upload)
    assert _command(world, "status", upload)["state"] == "complete"
    assert {row["queue"] for row in _command(world, "queues")["queues"]} >= {"uploads", "gallery-indexing"}
    _command(world, "replay", upload, "--from", "melody-generation")
    assert ana.until_done(upload, attempt=2)["state"] == "complete"
    checks = {one["subject"]: one["state"] for one in _command(world, "doctor")["checks"]}
    assert checks["state machine"] == checks["tables"] == checks["media bucket"] == checks["secret"] == "ok", checks


def test_one_process_in_place_of_the_functions(world):
    with _without_functions(world):
        waits = world.new_user()
        before = waits.put(photo())
        until(lambda: not world.empty("uploads"), "the event is in its queue")
        with _up(world) as address:
            ana = Client(address, world.email())
            upload = ana.put(photo())
            document = ana.until_done(upload)
            assert stages(document) == ALL_GOOD, document
            assert waits.until_done(before)["state"] == "complete", "queued messages are processed"
            assert Client(address).get("/healthz").status == 200
    world.expect_execution(upload, 1, "SUCCEEDED")
    after = waits.put(photo())

    def is_done():
        # Messages that the ended process had received become visible again.
        world.elapse(60)
        return waits.status(after)["done"]

    until(is_done, "the functions process messages again")
