"""ministack, repaired, on a free port of 127.0.0.1: `python emulator [PORT]`.

Prints `port N` once it answers. Ends when its standard input does, or with SIGTERM, so it never outlives who started it.
An access key of twelve digits is an account; accounts do not see each other.

    POST /_semblante/elapse?account=N&seconds=S    lets S seconds pass for that account's queues
"""

import asyncio
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
    """ministack reads its settings when it is imported and leaks its environment to the functions that it runs, so nothing
    of ours is in it but what they need."""
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
    """ministack's application with the repairs and the routes of ours before it."""
    import clock
    import rekognition
    import step_functions
    from ministack.app import app

    clock.install()
    step_functions.install()

    async def routed(scope, receive, send):
        if scope["type"] == "http" and scope["path"] == "/_semblante/elapse":
            query = {name: values[0] for name, values in parse_qs(scope["query_string"].decode()).items()}
            clock.advance(query["account"], float(query["seconds"]))
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body"})
        elif scope["type"] == "http" and rekognition.is_asked(scope):
            await rekognition.answer(scope, receive, send)
        else:
            await app(scope, receive, send)

    return routed


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
    # Threads that wait for task tokens are no reason to stay.
    os._exit(0)


main()
