"""Prints the results of moto's interpreter as cases, with the whole history of each."""

import json
import os
import sys

os.environ.update(AWS_ACCESS_KEY_ID="x", AWS_SECRET_ACCESS_KEY="x", AWS_DEFAULT_REGION="us-east-1")

import boto3
import jsonata
import moto.stepfunctions.parser.asl.jsonata.jsonata as moto_jsonata
from moto import mock_aws
from recording import SCENARIOS, Machine

CONFIG = {"stepfunctions": {"execute_state_machine": True}, "core": {"mock_credentials": True}}
# Details that are compared; DOCUMENTS are JSON texts and are compared as JSON.
PLAIN = ("name", "error", "cause", "resource", "resourceType", "timeoutInSeconds", "heartbeatInSeconds")
DOCUMENTS = ("input", "output", "parameters")

# moto asks a Java program for JSONata; this is the same language in Python.
moto_jsonata._eval_jsonata = lambda expression: jsonata.Jsonata(expression).evaluate(None)


def flat(event):
    """An event as `asl-case` reads it, with marks in place of random values."""
    flat = {"id": event["id"], "prev": event["previousEventId"], "type": event["type"]}
    (details,) = [one for name, one in event.items() if name.endswith("EventDetails")] or [{}]
    flat |= {name: details[name] for name in PLAIN if name in details}
    flat |= {name: json.loads(details[name]) for name in DOCUMENTS if name in details}
    if event["type"] == "TaskScheduled":
        flat["parameters"]["MessageBody"]["task_token"] = f"<token-{event['id']}>"
    if event["type"] == "TaskSubmitted":
        flat["output"] |= {"MD5OfMessageBody": f"<digest-{event['id']}>", "MessageId": f"<message-{event['id']}>"}
    return flat


def record(name, failures):
    with mock_aws(config=CONFIG):
        case, events = Machine(boto3.client).record(f"moto: {name}", failures)
    case["expect"] |= {"branches_race": True, "history": [flat(event) for event in events]}
    return case


json.dump([record(name, failures) for name, failures in SCENARIOS.items()], sys.stdout)
