"""The deployed stack, and the AWS services beneath it, which tests inspect."""

import glob
import itertools
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections import Counter

import boto3
import stack
from client import Client, send, until

FOLDER = "tests/aws"
REGION = "us-east-1"
START_S = 120
STACK = "semblante"
PARAMETERS = {
    "Architecture": "x86_64",
    "AllowedOrigins": "https://page.example",
    "ApiConcurrency": "20",
    # As many as this machine has cores for.
    "FaceDetectionConcurrency": "2",
    "StageConcurrency": "2",
}
# States outside of branches.
OUTSIDE = ("FaceDetection", "EmotionAnalysis", "Generate", "GalleryIndexing")
# Outcomes of a photo that succeeds.
ALL_GOOD = {
    "face-detection": "succeeded",
    "emotion-analysis": "succeeded",
    "image-generation": "succeeded",
    "melody-generation": "succeeded",
    "gallery-indexing": "succeeded",
}
BINARIES = ("ingest", "worker", "dead-letters", "maintenance")


class Emulator:
    """A running emulator; it ends with this process at the latest."""

    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, f"{FOLDER}/emulator"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={"PATH": "/usr/bin:/bin"},
        )
        is_ready = select.select([self.process.stdout], [], [], START_S)[0]
        assert is_ready, f"the emulator says nothing for {START_S} s"
        self.url = f"http://127.0.0.1:{self.process.stdout.readline().split()[1]}"

    def stop(self):
        """Ends it, and the functions that outlive it."""
        functions = _children(self.process.pid)
        self.process.stdin.close()
        self.process.wait(timeout=30)
        for pid in functions:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass


def _children(parent):
    """The processes with this parent."""
    found = []
    for status in glob.glob("/proc/[0-9]*/status"):
        try:
            with open(status, encoding="utf-8") as file:
                fields = dict(line.split(":\t", 1) for line in file if ":\t" in line)
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields["PPid"]) == parent:
            found.append(int(fields["Pid"]))
    return found


class World:
    """The stack, with clients of the services beneath its API."""

    def __init__(self, emulator, binaries, **parameters):
        self.session = boto3.Session(
            aws_access_key_id="test", aws_secret_access_key="test", region_name=REGION
        )
        self.url = emulator.url
        began = time.monotonic()
        paths = {name: f"{binaries}/{name}" for name in BINARIES}
        self.outputs = stack.deploy(self, STACK, paths, {**PARAMETERS, **parameters})
        self.stack_s = time.monotonic() - began
        if parameters.get("FaceEngine") == "embedded":
            # A layer's files are not where a function of the emulator looks for them.
            self.set("FaceDetection", SEMBLANTE_MODELS_DIR=os.path.abspath("models"))
        self.api = self.outputs["ApiUrl"]
        self._names = itertools.count()

    def client(self, service):
        return self.session.client(service, endpoint_url=self.url)

    def email(self):
        return f"user-{next(self._names)}@example.com"

    def new_user(self):
        """A client of a user who has just signed up."""
        return Client(self.api, self.email())

    def queue(self, name):
        return self.client("sqs").get_queue_url(QueueName=f"{STACK}-{name}")["QueueUrl"]

    def send(self, queue, *bodies):
        entries = [{"Id": str(number), "MessageBody": body} for number, body in enumerate(bodies)]
        self.client("sqs").send_message_batch(QueueUrl=self.queue(queue), Entries=entries)

    def _count(self, queue, attribute):
        attributes = self.client("sqs").get_queue_attributes(
            QueueUrl=self.queue(queue), AttributeNames=[attribute]
        )["Attributes"]
        return int(attributes[attribute])

    def hidden(self, queue):
        """The number of messages that are delivered and not acknowledged."""
        return self._count(queue, "ApproximateNumberOfMessagesNotVisible")

    def empty(self, queue):
        return self._count(queue, "ApproximateNumberOfMessages") + self.hidden(queue) == 0

    def elapse(self, seconds):
        """Advances the clock of the queues: unacknowledged messages become visible again."""
        url = f"{self.url}/_semblante/elapse?account=000000000000&seconds={seconds}"
        send("POST", url).expect(200)

    def ledger(self):
        """The calls to the emulator so far, and its figures."""
        page = send("GET", f"{self.url}/_semblante/ledger?account=000000000000").expect(200)
        return Counter({**page.pop("calls"), **page})

    def keys_of(self, upload):
        """The keys of every object that belongs to an upload."""
        listed = self.client("s3").list_object_versions(Bucket=self.outputs["MediaBucket"])
        kinds = listed.get("Versions", []) + listed.get("DeleteMarkers", [])
        return [one["Key"] for one in kinds if upload in one["Key"]]

    def execution(self, upload, attempt):
        """An execution as Step Functions describes it, with its history."""
        arn = self.outputs["StateMachine"].replace(":stateMachine:", ":execution:") + f":{upload}-{attempt}"
        sfn = self.client("stepfunctions")
        described = sfn.describe_execution(executionArn=arn)
        history = sfn.get_execution_history(executionArn=arn, maxResults=1000)["events"]
        return described, history

    def states(self, upload, attempt):
        """The states that an execution entered and exited, outside of its branches, which the emulator does not report."""
        _, history = self.execution(upload, attempt)
        details = [
            ("+" if event["type"].endswith("Entered") else "-", event.get("stateEnteredEventDetails") or event.get("stateExitedEventDetails"))
            for event in history
            if event["type"].endswith(("StateEntered", "StateExited"))
        ]
        return [sign + detail["name"] for sign, detail in details if detail["name"] in OUTSIDE]

    def expect_execution(self, upload, attempt, status):
        not_yet = self.client("stepfunctions").exceptions.ExecutionDoesNotExist

        def is_so():
            try:
                return self.execution(upload, attempt)[0]["status"] == status
            except not_yet:
                return False

        until(is_so, f"the execution of {upload} is {status}")

    def letters(self):
        """The rows of dead letters, as DynamoDB has them."""
        return self.client("dynamodb").scan(TableName=f"{STACK}-dead-letters")["Items"]

    def log(self, since_ms):
        """The log lines of the functions since then."""
        logs = self.client("logs")
        groups = [one["logGroupName"] for one in logs.describe_log_groups()["logGroups"]]
        (group,) = [name for name in groups if "FunctionLogs" in name]
        lines = logs.filter_log_events(logGroupName=group, startTime=since_ms)["events"]
        return [line["message"] for line in lines]

    def troubles(self, since_ms):
        """Warnings and errors of the functions since then."""
        return [line for line in self.log(since_ms) if '"WARN"' in line or '"ERROR"' in line]

    def function(self, logical):
        """The physical name of a function of the template."""
        resource = self.client("cloudformation").describe_stack_resource(
            StackName=STACK, LogicalResourceId=f"{logical}Function"
        )
        return resource["StackResourceDetail"]["PhysicalResourceId"]

    def invoke(self, logical, event):
        """The answer of a function."""
        answer = self.client("lambda").invoke(FunctionName=self.function(logical), Payload=json.dumps(event))
        body = json.loads(answer["Payload"].read())
        assert "FunctionError" not in answer, body
        return body

    def set(self, logical, **settings):
        """Changes settings of a function."""
        name, functions = self.function(logical), self.client("lambda")
        now = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
        functions.update_function_configuration(
            FunctionName=name, Environment={"Variables": {**now, **settings}}
        )
