"""The pipeline's definition in moto's interpreter, an implementation that shares no line with ours: same ends, same states,
same event types. Prints a case for each scenario, as statemachine's example `asl-case` reads them, with what moto recorded.
"""

import json
import os
import sys
import time

os.environ.update(AWS_ACCESS_KEY_ID="x", AWS_SECRET_ACCESS_KEY="x", AWS_DEFAULT_REGION="us-east-1")

import boto3
import jsonata
import moto.stepfunctions.parser.asl.jsonata.jsonata as moto_jsonata
from moto import mock_aws

DEFINITION = "statemachine/pipeline.asl.json"
STAGES = ("FaceDetection", "EmotionAnalysis", "ImageGeneration", "MelodyGeneration", "GalleryIndexing")
INPUT = {"tenant_id": "t", "upload_id": "u", "attempt": 1, "group": "t", "traceparent": None}
CONFIG = {"stepfunctions": {"execute_state_machine": True}, "core": {"mock_credentials": True}}
PATIENCE_S = 60
# What each stage that a scenario names fails with; the others succeed.
SCENARIOS = {
    "all good": {},
    "no face": {"FaceDetection": "NoFace"},
    "no feeling": {"EmotionAnalysis": "deadline"},
    "no picture": {"ImageGeneration": "content_refused"},
    "neither picture nor melody": {"ImageGeneration": "deadline", "MelodyGeneration": "deadline"},
    "gallery-indexing fails": {"GalleryIndexing": "retries_exhausted"},
}

# moto asks a Java program for JSONata; this is the same language in Python.
moto_jsonata._eval_jsonata = lambda expression: jsonata.Jsonata(expression).evaluate(None)


def answer(sqs, sfn, queues, failures):
    """Answers the tasks that wait; the script by which they were answered."""
    script = []
    for stage, queue in queues.items():
        for message in sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", []):
            token = json.loads(message["Body"])["task_token"]
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
            if stage in failures:
                sfn.send_task_failure(taskToken=token, error=failures[stage])
                deed = {"do": "SendTaskFailure", "error": failures[stage]}
            else:
                sfn.send_task_success(taskToken=token, output='{"outcome": "succeeded"}')
                deed = {"do": "SendTaskSuccess", "output": {"outcome": "succeeded"}}
            script.append({**deed, "queue": queue})
    return script


def record(name, failures):
    """One execution in moto, as a case."""
    with mock_aws(config=CONFIG):
        sqs, sfn, iam = (boto3.client(service) for service in ("sqs", "stepfunctions", "iam"))
        queues = {stage: sqs.create_queue(QueueName=stage)["QueueUrl"] for stage in STAGES}
        with open(DEFINITION, encoding="utf-8") as file:
            text = file.read()
        for stage, queue in queues.items():
            text = text.replace(f"${{{stage}QueueUrl}}", queue)
        role = iam.create_role(RoleName="role", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
        machine = sfn.create_state_machine(name="pipeline", definition=text, roleArn=role)["stateMachineArn"]
        execution = sfn.start_execution(stateMachineArn=machine, input=json.dumps(INPUT))["executionArn"]
        script, deadline = [], time.monotonic() + PATIENCE_S
        while (ended := sfn.describe_execution(executionArn=execution))["status"] == "RUNNING":
            assert time.monotonic() < deadline, f"{name} does not end"
            script += answer(sqs, sfn, queues, failures)
            time.sleep(0.1)
        events = sfn.get_execution_history(executionArn=execution, maxResults=1000)["events"]
    expect = {"status": ended["status"], "error": ended.get("error"), "cause": ended.get("cause")}
    if "output" in ended:
        expect["output"] = json.loads(ended["output"])
    expect["events"] = [event["type"] for event in events]
    # Branches race: their events are compared without their order.
    expect["events_dropped_by_recorder"] = 0
    exits = [event["stateExitedEventDetails"] for event in events if "stateExitedEventDetails" in event]
    expect["state_exits"] = [{"state": exit["name"], "output": json.loads(exit["output"])} for exit in exits]
    return {
        "name": f"moto.{name}",
        "kind": "execution",
        "definition": json.loads(text),
        "input": INPUT,
        "script": script,
        "expect": expect,
    }


json.dump([record(name, failures) for name, failures in SCENARIOS.items()], sys.stdout)
