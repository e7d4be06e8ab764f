"""The smoke test of lambda/deploy, against the emulator: what the emulator supports succeeds, and a broken stack is told."""

import importlib.util
import socket

import pytest
from world import REGION, STACK

# The emulator answers no preflight of a bucket, and its alarms publish nothing.
NOT_EMULATED = {"a page of another origin", "an alarm reaches the topic"}


@pytest.fixture
def smoke(world, monkeypatch):
    spec = importlib.util.spec_from_file_location("deploy_smoke", "lambda/deploy/smoke.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for name, value in {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_ENDPOINT_URL": world.url,
        "AWS_DEFAULT_REGION": REGION,
        "no_proxy": "*",
    }.items():
        monkeypatch.setenv(name, value)
    resolve = socket.getaddrinfo

    def here(host, *arguments, **options):
        return resolve("127.0.0.1" if str(host).endswith(".localhost") else host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", here)
    return module


def _run(smoke, capsys):
    with pytest.raises(SystemExit) as ended:
        smoke.main(STACK)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(smoke.CHECKS), lines
    failed = {what for what in smoke.CHECKS if any(line.startswith(f"FAILED: {what}") for line in lines)}
    assert bool(ended.value.code) == bool(failed), lines
    return failed, lines


def test_a_stack_that_works_passes(world, smoke, capsys, monkeypatch):
    monkeypatch.setattr(smoke, "PATIENCE_S", 60)
    for what in NOT_EMULATED:
        monkeypatch.setitem(smoke.CHECKS, what, lambda stack, _: "not in the emulator")
    def stored():
        listed = world.client("s3").list_objects_v2(Bucket=world.outputs["MediaBucket"])
        return {one["Key"] for one in listed.get("Contents", [])}

    before = stored()
    failed, lines = _run(smoke, capsys)
    assert failed == set(), lines
    assert stored() <= before, "what it made is erased"


def test_a_stack_that_is_switched_off_is_told(world, smoke, capsys, monkeypatch):
    monkeypatch.setattr(smoke, "PATIENCE_S", 1)
    world.set("Api", SEMBLANTE_ACCEPT_TRAFFIC="off")
    try:
        failed, lines = _run(smoke, capsys)
    finally:
        world.set("Api", SEMBLANTE_ACCEPT_TRAFFIC="on")
    assert "a user signs up" in failed and any("AcceptTraffic" in line for line in lines), lines
