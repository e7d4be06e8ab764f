"""A function hears of its event at once. The emulator writes the event's head and its body apart, and the second waits for
the receipt of the first (Nagle's algorithm, 40 ms): longer than most of our functions work."""

import socketserver


def install():
    """For every function."""
    socketserver.StreamRequestHandler.disable_nagle_algorithm = True
