"""What ministack lacks of Lambda: the account's limits, and events without delay. It writes head and body of an event apart, and
the second write waits for the acknowledgement of the first (Nagle's algorithm, 40 ms): longer than most of our functions run."""

import socketserver

# GetAccountSettings, as an established account is answered.
SETTINGS_PATH = "/2016-08-19/account-settings/"
SETTINGS = {
    "AccountLimit": {"ConcurrentExecutions": 1000, "UnreservedConcurrentExecutions": 1000},
    "AccountUsage": {"FunctionCount": 0, "TotalCodeSize": 0},
}


def install():
    """For every function."""
    socketserver.StreamRequestHandler.disable_nagle_algorithm = True
