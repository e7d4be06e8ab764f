"""ministack, repaired, on a free port of 127.0.0.1: `python emulator [PORT]`.

Prints `port N` once it answers. Ends when its standard input does, or with SIGTERM, so it never outlives its parent.
An access key of twelve digits is an account; accounts do not see each other.

    POST /_semblante/elapse?account=N&seconds=S    lets S seconds pass for that account's queues

ledger.py counts what an account asks for, rekognition.py stands in for Rekognition.
"""

import asyncio
import json
import os
import shutil
import signal
import socket
import sys
import tempfile
import threading
from urllib.parse import parse_qs

KEPT = ("PATH", "LANG")


def listen(port):
    """A listening socket on 127.0.0.1; port 0: any that is free."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", port))
    listening.listen(128)
    return listening


def prepare(port, home):
    """ministack reads its settings when it is imported and leaks its environment to the functions that it runs, so only
    what they need stays in it."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    url = f"http://127.0.0.1:{port}"
    os.environ.clear()
    os.environ.update(
        kept,
        HOME=home,
        TMPDIR=home,
        BIND_HOST="127.0.0.1",
        GATEWAY_PORT=str(port),
        MINISTACK_HOST="localhost",
        AWS_ENDPOINT_URL=url,
        IOT_MTLS_ENABLED="0",
        SFTP_ENABLED="0",
        LOG_LEVEL="WARNING",
    )
    tempfile.tempdir = home


def application():
    """ministack's application with the repairs, behind our own routes."""
    import clock
    import functions
    import ledger
    import rekognition
    import step_functions
    from ministack.app import app

    clock.install()
    functions.install()
    step_functions.install()

    async def routed(scope, receive, send):
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        body = await read(receive)
        if scope["path"] == "/_semblante/elapse":
            query = {name: values[0] for name, values in parse_qs(scope["query_string"].decode()).items()}
            clock.advance(query["account"], float(query["seconds"]))
            await respond(send, 200, {})
        elif scope["path"] == ledger.PATH:
            await respond(send, 200, ledger.page(scope))
        elif scope["path"] == functions.SETTINGS_PATH:
            await respond(send, 200, functions.SETTINGS)
        elif rekognition.is_asked(scope):
            ledger.enter(scope, body)
            await respond(send, *rekognition.answer(scope, body))
        else:
            ledger.enter(scope, body)
            await app(scope, once_more(body, receive), send)

    return routed


async def read(receive):
    """A request's whole body."""
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def once_more(body, receive):
    """Replays the body that was read, then receives."""
    left = [{"type": "http.request", "body": body, "more_body": False}]

    async def again():
        return left.pop() if left else await receive()

    return again


async def respond(send, status, document):
    """Answers with JSON."""
    headers = [(b"content-type", b"application/x-amz-json-1.1")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(document).encode()})


async def serve(listening, port):
    """Answers until the end of standard input or SIGTERM."""
    from hypercorn.asyncio import serve as hypercorn
    from hypercorn.config import Config

    config = Config()
    config.bind = [f"fd://{listening.fileno()}"]
    config.keep_alive_timeout = 75
    config.loglevel = "WARNING"
    config.graceful_timeout = 1
    ended, loop = asyncio.Event(), asyncio.get_running_loop()

    def until_orphaned():
        while sys.stdin.buffer.read(4096):
            pass
        loop.call_soon_threadsafe(ended.set)

    loop.add_signal_handler(signal.SIGTERM, ended.set)
    threading.Thread(target=until_orphaned, daemon=True).start()
    print(f"port {port}", flush=True)
    await hypercorn(application(), config, shutdown_trigger=ended.wait)


def main():
    listening = listen(int(sys.argv[1]) if len(sys.argv) > 1 else 0)
    port = listening.getsockname()[1]
    home = tempfile.mkdtemp(prefix="semblante-emulator-")
    try:
        prepare(port, home)
        asyncio.run(serve(listening, port))
    finally:
        shutil.rmtree(home, ignore_errors=True)
    # Threads that wait for task tokens must not keep the process alive.
    os._exit(0)


main()
