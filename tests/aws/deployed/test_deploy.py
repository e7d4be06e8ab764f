"""What lambda/deploy checks before and after the long build, in accounts that the emulator is not."""

import importlib.util
import re

import pytest
from botocore.exceptions import ClientError


def _program(name):
    spec = importlib.util.spec_from_file_location(f"deploy_{name}", f"lambda/deploy/{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


account, bootstraps = _program("account"), _program("bootstraps")


class _Lambda:
    def __init__(self, limit, unreserved):
        self._limit = {"ConcurrentExecutions": limit, "UnreservedConcurrentExecutions": unreserved}

    def get_account_settings(self):
        return {"AccountLimit": self._limit}


class _Denied:
    def get_account_settings(self):
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "GetAccountSettings")


def _check(monkeypatch, client, wanted, reserved=0):
    monkeypatch.setattr(account.boto3, "client", lambda service: {"lambda": client}[service])
    account.check_concurrency(wanted, reserved)


def test_a_reservation_that_lambda_would_refuse_is_refused_before_the_build(monkeypatch):
    for limit, unreserved, wanted, reserved in [(10, 10, 1, 0), (1000, 149, 50, 0), (1000, 100, 51, 50)]:
        with pytest.raises(SystemExit, match="ApiConcurrency=0"):
            _check(monkeypatch, _Lambda(limit, unreserved), wanted, reserved)
    for limit, unreserved, wanted, reserved in [(10, 10, 0, 0), (1000, 150, 50, 0), (1000, 100, 50, 50)]:
        _check(monkeypatch, _Lambda(limit, unreserved), wanted, reserved)
    _check(monkeypatch, _Denied(), 50)


def test_a_region_without_rekognition_is_refused_unless_faces_are_embedded(monkeypatch):
    for region, engine, is_good in [
        ("eu-west-1", "rekognition", True),
        ("eu-north-1", "rekognition", False),
        ("eu-north-1", "embedded", True),
    ]:
        monkeypatch.setenv("AWS_DEFAULT_REGION", region)
        if is_good:
            account.check_region(engine)
        else:
            with pytest.raises(SystemExit, match="FaceEngine=embedded"):
                account.check_region(engine)


def test_a_name_that_its_queues_cannot_bear_is_refused():
    account.check_name("a" * 49)
    account.check_name("photos-2")
    for name in ["a" * 50, "Photos", "2photos", "photos-", ""]:
        with pytest.raises(SystemExit):
            account.check_name(name)


def test_the_defaults_are_those_of_the_template():
    with open("template.yaml", encoding="utf-8") as file:
        parameters = file.read()
    for name, default in account.DEFAULTS.items():
        found = re.search(rf"^  {name}:\n    Type: \w+\n    Default: (\S+)$", parameters, re.MULTILINE)
        assert found and found[1] == default, name


def test_programs_for_another_machine_or_a_newer_glibc_are_refused():
    def program(machine, glibc):
        return b"\x7fELF" + bytes(14) + bytes([machine, 0]) + b"GLIBC_2.2.5\0" + glibc

    assert bootstraps.fault(program(62, b"GLIBC_2.34\0"), "x86_64") is None
    assert bootstraps.fault(program(183, b""), "arm64") is None
    assert "architecture" not in bootstraps.fault(program(62, b""), "arm64")
    assert "glibc 2.39" in bootstraps.fault(program(62, b"GLIBC_2.39\0"), "x86_64")
    assert bootstraps.fault(b"#!/bin/sh and no program at all", "arm64")
