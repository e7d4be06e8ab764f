"""Delivers events to functions without delay. The emulator writes head and body of an event apart, and the second write waits
for the acknowledgement of the first (Nagle's algorithm, 40 ms): longer than most of our functions run."""

import socketserver


def install():
    """For every function."""
    socketserver.StreamRequestHandler.disable_nagle_algorithm = True
