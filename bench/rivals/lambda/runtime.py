"""The cold start of Lambda's Python runtime: import the handler, then take events.

Needs `pip install boto3 'opencv-python-headless<5'` (5 has no cascades).
"""

import http.client
import json
import os
import urllib.parse

import handler

connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
INVOCATION = "/2018-06-01/runtime/invocation"
while True:
    connection.request("GET", f"{INVOCATION}/next")
    answer = connection.getresponse()
    event, request_id = json.loads(answer.read()), answer.headers["Lambda-Runtime-Aws-Request-Id"]
    result = json.dumps(handler.handler(event, None))
    connection.request("POST", f"{INVOCATION}/{urllib.parse.quote(request_id)}/response", body=result)
    connection.getresponse().read()
