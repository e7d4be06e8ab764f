"""A clock for SQS, one per account, that a test advances instead of waiting."""

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
    """Makes SQS use this clock."""
    sqs.time = _Clock


def advance(account, seconds):
    """Advances the clock of one account."""
    _ahead_s[account] += seconds
