"""A proxy between the functions and AWS: it counts their calls and, while faults are on, throttles them, delays them, fails
them, or cuts the connection, before or after the call took effect."""

import asyncio
import random
import threading
from collections import Counter
from urllib.parse import urlsplit

MAX_DELAY_S = 0.5
# Kind of fault -> its share of all calls while faults are on.
FAULTS = {
    "throttle": 0.04,
    "delay": 0.05,
    "fail before": 0.03,
    "fail after": 0.02,
    "cut before": 0.03,
    "cut after": 0.02,
}
SERVICES = ("DYNAMODB", "EVENTBRIDGE", "REKOGNITION", "S3", "SFN", "SQS")


class Proxy:
    """A proxy that runs in a thread of its own until the process ends."""

    def __init__(self, target, seed=1):
        self.target = urlsplit(target)
        self.calls, self.faults = Counter(), Counter()
        self.requests = []
        self.is_on = False
        self._random = random.Random(seed)
        ready = threading.Event()
        threading.Thread(target=lambda: asyncio.run(self._serve(ready)), daemon=True).start()
        ready.wait()

    def settings(self):
        """The environment with which a function asks this proxy. Its S3 links would lead here too, so the API has none."""
        return {f"AWS_ENDPOINT_URL_{service}": self.url for service in SERVICES}

    async def _serve(self, ready):
        server = await asyncio.start_server(self._connection, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        ready.set()
        async with server:
            await server.serve_forever()

    async def _connection(self, reader, writer):
        try:
            while await self._request(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _request(self, reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        call = _call(lines[0], headers)
        self.calls[call] += 1
        self.requests.append((call, body))
        fault = self._fault()
        if fault:
            self.faults[fault] += 1
        if fault == "delay":
            await asyncio.sleep(self._random.uniform(0.05, MAX_DELAY_S))
        if fault == "cut before":
            return False
        if fault in ("throttle", "fail before"):
            writer.write(_error(call, fault))
            await writer.drain()
            return True
        answer = await self._forward(lines, body)
        if fault == "cut after":
            return False
        writer.write(_error(call, fault) if fault == "fail after" else answer)
        await writer.drain()
        return fault == "fail after"

    def _fault(self):
        if not self.is_on:
            return None
        place = self._random.random()
        for fault, share in FAULTS.items():
            place -= share
            if place < 0:
                return fault
        return None

    async def _forward(self, lines, body):
        """The whole answer of AWS, which closes the connection after it."""
        reader, writer = await asyncio.open_connection(self.target.hostname, self.target.port)
        kept = [line for line in lines if line and not line.lower().startswith("connection:")]
        writer.write("\r\n".join([*kept, "Connection: close", "", ""]).encode("latin-1") + body)
        await writer.drain()
        answer = await reader.read(-1)
        writer.close()
        return answer


def _call(request_line, headers):
    """`service:Operation`, as far as a request shows it."""
    target = headers.get("x-amz-target")
    if target:
        service, operation = target.split(".", 1)
        return f"{service.split('_')[0]}:{operation}"
    method, path = request_line.split(" ")[:2]
    query = urlsplit(path).query.split("&")[0]
    return f"s3:{method.lower()} {query.split('=')[0]}".strip()


def _error(call, fault):
    """The error that AWS returns when it throttles, or fails."""
    busy = fault == "throttle"
    if call.startswith("s3:"):
        code, status = ("SlowDown", "503 Slow Down") if busy else ("InternalError", "500 Internal Server Error")
        body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>a fault</Message></Error>"
        kind = "application/xml"
    else:
        code, status = ("ThrottlingException", "400 Bad Request") if busy else ("InternalServerError", "500 Internal Server Error")
        body = f'{{"__type": "com.amazonaws#{code}", "message": "a fault"}}'
        kind = "application/x-amz-json-1.0"
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    return (head + body).encode()
