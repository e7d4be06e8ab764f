"""Shows that a deployed stack works: `smoke.py STACK [PHOTO]`. It sends a photo in every way that clients do and lets an alarm
ring; then it erases what it made. Prints a line for each check, `ok` or `FAILED` with what to do; ends with 1 if one failed.
"""

import base64
import hashlib
import json
import os
import secrets
import sys
import time
import urllib.error
import urllib.request

import boto3
from botocore.exceptions import BotoCoreError, ClientError

PHOTO = "models/sample1.jpg"
PATIENCE_S = 120
LOG = "read the log of the function {}, in the log group STACK-FunctionLogs-..."
# EXIF of a photo that is shown after half a turn.
EXIF = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x03\0\0\0\0\0\0"


class Failure(Exception):
    """A check that failed: what was found, and what to do."""


class Stack:
    """A deployed stack, and a user that has just signed up."""

    def __init__(self, name):
        (self.description,) = boto3.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
        self.name = name
        self.outputs = {one["OutputKey"]: one["OutputValue"] for one in self.description["Outputs"]}
        self.url = self.outputs["ApiUrl"]
        self.token = None
        self.made = []

    def parameter(self, name):
        found = [one for one in self.description["Parameters"] if one["ParameterKey"] == name]
        return found[0]["ParameterValue"] if found else ""

    def ask(self, method, path, body=None, **headers):
        """Status, headers and body of an answer of the API."""
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        return send(method, self.url + path, body, **headers)

    def json(self, method, path, document, **headers):
        sent = None if document is None else json.dumps(document).encode()
        status, _, body = self.ask(method, path, sent, **{"Content-Type": "application/json", **headers})
        return status, json.loads(body or b"{}")


def send(method, url, body=None, **headers):
    request = urllib.request.Request(url, data=body, headers=headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def expect(found, wanted, advice):
    if found not in wanted:
        raise Failure(f"{found}, not {' or '.join(map(str, wanted))}; {advice}")


def until(reached, what, advice):
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        found = reached()
        if found:
            return found
        time.sleep(1)
    raise Failure(f"after {PATIENCE_S} s still not: {what}; {advice}")


def unlike_any(photo, segments=b""):
    """The photo with a comment of its own: the same content sent twice is a duplicate."""
    return photo[:2] + segments + b"\xff\xfe\x00\x12" + secrets.token_bytes(16) + photo[2:]


def complete(stack, upload):
    """The status document of an upload that ends well."""
    stack.made.append(upload)

    def document():
        status, found = stack.json("GET", f"/uploads/{upload}", None)
        return found if status == 200 and found["done"] else None

    found = until(document, f"upload {upload} is done", LOG.format("of each stage"))
    if found["state"] != "complete":
        failed = [f"{one['name']} {one['outcome']} {one.get('code') or ''}" for one in found["stages"]]
        raise Failure(f"upload {upload} is {found['state']} ({', '.join(failed)}); {LOG.format('of the stage that failed')}")
    return found


def is_ready(stack, _):
    expect(stack.ask("GET", "/readyz")[0], [200], LOG.format("Api"))


def signs_up(stack, _):
    account = {"email": f"smoke-{secrets.token_hex(8)}@example.com", "password": secrets.token_hex(12) + "Aa1"}
    status, found = stack.json("POST", "/api/v1/auth/signup", account)
    expect(status, [201], LOG.format("Api") + "; is AcceptTraffic on?")
    stack.token = found["access_token"]


def takes_a_multipart(stack, photo):
    boundary = secrets.token_hex(16)
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="image"; filename="p.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
    body = head.encode() + unlike_any(photo) + f"\r\n--{boundary}--\r\n".encode()
    content_type = f"multipart/form-data; boundary={boundary}"
    status, _, answer = stack.ask("POST", "/upload-image", body, **{"Content-Type": content_type})
    expect(status, [200, 202], LOG.format("Api"))
    complete(stack, json.loads(answer)["upload_id"])


def refuses_a_large_one(stack, photo):
    large = unlike_any(photo, (b"\xff\xfe\xff\xff" + bytes(0xFFFD)) * 65)
    status, found = stack.json("POST", "/upload-photo", {"image": base64.b64encode(large).decode()})
    expect(status, [413], "photos over 4 MB are to be refused")
    expect(found.get("code"), ["too_large"], "the gateway answered before the API: its limit has changed")


def put(stack, photo):
    sha256 = hashlib.sha256(photo).hexdigest()
    declared = {"content_type": "image/jpeg", "content_length": len(photo), "sha256": sha256}
    status, found = stack.json("POST", "/uploads", declared)
    expect(status, [201], LOG.format("Api"))
    upload = found["upload"]
    bucket = "look at the bucket's policy, and at the role of the function Api"
    expect(send(upload["method"], upload["url"], photo, **upload["headers"])[0], [200], bucket)
    again = send(upload["method"], upload["url"], photo, **upload["headers"])[0]
    expect(again, [412], "a photo must not be replaced; " + bucket)
    return found["upload_id"], upload["url"]


def takes_a_presigned_put(stack, photo):
    complete(stack, put(stack, unlike_any(photo))[0])


def turns_a_photo_by_its_exif(stack, photo):
    length = (len(EXIF) + 2).to_bytes(2, "big")
    complete(stack, put(stack, unlike_any(photo, b"\xff\xe1" + length + EXIF))[0])


def answers_browsers(stack, photo):
    origins = [origin for origin in stack.parameter("AllowedOrigins").split(",") if origin]
    if not origins:
        return "no other origin is allowed (AllowedOrigins)"
    origin = "https://page.example" if origins[0] == "*" else origins[0]
    asked = {"Origin": origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    allowed = stack.ask("OPTIONS", "/uploads", **asked)[1].get("access-control-allow-origin")
    expect(allowed, [origin, "*"], "look at the CORS of the HTTP API")
    upload, url = put(stack, unlike_any(photo))
    complete(stack, upload)
    asked = {"Origin": origin, "Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "content-type"}
    allowed = send("OPTIONS", url, **asked)[1].get("access-control-allow-origin")
    expect(allowed, [origin, "*"], "look at the CORS of the bucket")
    return None


def rings(stack, _):
    cloudwatch = boto3.client("cloudwatch")
    alarms = cloudwatch.get_paginator("describe_alarms").paginate(AlarmNamePrefix=f"{stack.name}-OpenDeadLettersAlarm")
    names = [alarm["AlarmName"] for page in alarms for alarm in page["MetricAlarms"]]
    expect(len(names), [1], "the alarm OpenDeadLetters is missing")
    cloudwatch.set_alarm_state(AlarmName=names[0], StateValue="ALARM", StateReason="smoke test")

    def told():
        history = cloudwatch.describe_alarm_history(AlarmName=names[0], HistoryItemType="Action", MaxRecords=5)
        return [one["HistorySummary"] for one in history["AlarmHistoryItems"]]

    summary = until(told, "the alarm publishes", "look at the history of the alarm, and at the policy of the topic")[0]
    if "Successfully" not in summary:
        raise Failure(f"{summary}; look at the key and the policy of the topic")


def is_erased(stack, _):
    for upload in stack.made:
        expect(stack.ask("DELETE", f"/uploads/{upload}")[0], [204], LOG.format("Api"))
        expect(stack.ask("GET", f"/uploads/{upload}")[0], [404], LOG.format("Api"))


CHECKS = {
    "the API is ready": is_ready,
    "a user signs up": signs_up,
    "a photo in a request": takes_a_multipart,
    "a photo over the limit of requests": refuses_a_large_one,
    "a photo by presigned PUT, once": takes_a_presigned_put,
    "a photo that its EXIF turns": turns_a_photo_by_its_exif,
    "a page of another origin": answers_browsers,
    "an alarm reaches the topic": rings,
    "what was made is erased": is_erased,
}


def main(name, photo=PHOTO):
    if not os.path.exists(photo):
        sys.exit(f"smoke.py: there is no photo {photo}; fetch the samples: make models")
    try:
        stack = Stack(name)
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"the stack {name} cannot be read. Are there credentials, and AWS_REGION? {error}")
    with open(photo, "rb") as file:
        content = file.read()
    failed = 0
    for what, check in CHECKS.items():
        try:
            remark = check(stack, content)
            print(f"ok: {what}" + (f": {remark}" if remark else ""), flush=True)
        except (Failure, BotoCoreError, ClientError, OSError, KeyError, ValueError) as error:
            failed += 1
            print(f"FAILED: {what}: {error}", flush=True)
    sys.exit(failed > 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
