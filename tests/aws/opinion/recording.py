"""Executions of the pipeline's definition in another interpreter, each as a case of statemachine's example
`asl-case`: what happened around it, and what came of it.
"""

import json
import time

DEFINITION = "statemachine/pipeline.asl.json"
STAGES = ("FaceDetection", "EmotionAnalysis", "ImageGeneration", "MelodyGeneration", "GalleryIndexing")
INPUT = {"tenant_id": "t", "upload_id": "u", "attempt": 1, "group": "t", "traceparent": None}
PATIENCE_S = 60
PAGE = 1000
# Scenario -> stage -> its error; the other stages succeed.
SCENARIOS = {
    "all good": {},
    "no face": {"FaceDetection": "NoFace"},
    "no feeling": {"EmotionAnalysis": "deadline"},
    "no picture": {"ImageGeneration": "content_refused"},
    "no melody": {"MelodyGeneration": "retries_exhausted"},
    "neither picture nor melody": {"ImageGeneration": "deadline", "MelodyGeneration": "deadline"},
    "gallery-indexing fails": {"GalleryIndexing": "retries_exhausted"},
}


class Machine:
    """The definition with queues of its own."""

    def __init__(self, client):
        self.sqs, self.states = client("sqs"), client("stepfunctions")
        self.queues = {stage: self.sqs.create_queue(QueueName=stage)["QueueUrl"] for stage in STAGES}
        with open(DEFINITION, encoding="utf-8") as file:
            text = file.read().replace("${Partition}", "aws")
        for stage, queue in self.queues.items():
            text = text.replace(f"${{{stage}QueueUrl}}", queue)
        self.definition = json.loads(text)
        trust = {"Version": "2012-10-17", "Statement": []}
        role = client("iam").create_role(RoleName="role", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
        machine = self.states.create_state_machine(name="pipeline", definition=text, roleArn=role)
        self.arn = machine["stateMachineArn"]

    def record(self, name, failures):
        """One execution: its script, how it ended, and its history."""
        started = self.states.start_execution(stateMachineArn=self.arn, input=json.dumps(INPUT))
        execution = {"executionArn": started["executionArn"]}
        script, deadline = [], time.monotonic() + PATIENCE_S
        while (ended := self.states.describe_execution(**execution))["status"] == "RUNNING":
            assert time.monotonic() < deadline, f"{name} does not end"
            script += self._answer(failures)
            time.sleep(0.1)
        events = self.states.get_execution_history(**execution, maxResults=PAGE)["events"]
        expect = {"status": ended["status"], "error": ended.get("error"), "cause": ended.get("cause")}
        if "output" in ended:
            expect["output"] = json.loads(ended["output"])
        case = {"name": name, "kind": "execution", "definition": self.definition, "input": INPUT}
        return {**case, "script": script, "expect": expect}, events

    def _answer(self, failures):
        """Answers the waiting tasks; returns the script of these answers."""
        script = []
        for stage, queue in self.queues.items():
            for message in self.sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", []):
                token = json.loads(message["Body"])["task_token"]
                self.sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
                if stage in failures:
                    self.states.send_task_failure(taskToken=token, error=failures[stage])
                    deed = {"do": "SendTaskFailure", "error": failures[stage]}
                else:
                    self.states.send_task_success(taskToken=token, output='{"outcome": "succeeded"}')
                    deed = {"do": "SendTaskSuccess", "output": {"outcome": "succeeded"}}
                script.append({**deed, "queue": queue})
        return script
