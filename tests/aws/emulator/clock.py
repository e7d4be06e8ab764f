"""Time of SQS, for each account its own, so that a test winds it and does not wait."""

import time
from collections import defaultdict

from ministack.core.responses import get_account_id
from ministack.services import sqs

_ahead_s = defaultdict(float)


class _Clock:
    """Stands in for the module `time` in ministack's SQS."""

    @staticmethod
    def time():
        return time.time() + _ahead_s[get_account_id()]


def install():
    """Lets SQS ask this clock."""
    sqs.time = _Clock


def advance(account, seconds):
    """Lets time pass for one account."""
    _ahead_s[account] += seconds
