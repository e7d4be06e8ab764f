"""Prints the results of the emulator as cases, with the states that each enters and leaves; it does not report branches."""

import json
import os
import sys

os.environ["AWS_DEFAULT_REGION"] = "us-east-1"

import boto3
from recording import SCENARIOS, Machine
from world import Emulator


def step(event):
    """A state that is entered, `+Name`, or left, `-Name`."""
    if "stateEnteredEventDetails" in event:
        return "+" + event["stateEnteredEventDetails"]["name"]
    return "-" + event["stateExitedEventDetails"]["name"]


def record(machine, name, failures):
    case, events = machine.record(f"emulator: {name}", failures)
    outside = [event for event in events if event["type"].endswith(("StateEntered", "StateExited"))]
    case["expect"]["states"] = [step(event) for event in outside if step(event)[1:] in machine.definition["States"]]
    return case


def main():
    emulator = Emulator()
    try:
        session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test")
        machine = Machine(lambda service: session.client(service, endpoint_url=emulator.url))
        cases = [record(machine, name, failures) for name, failures in SCENARIOS.items()]
    finally:
        emulator.stop()
    json.dump(cases, sys.stdout)


main()
