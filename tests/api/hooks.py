"""The caller of the requests. Each comes from an address of its own, so that the throttle of accounts does not answer in place
of the routes."""

import itertools
import os

import schemathesis

ADDRESSES = itertools.count(1)


@schemathesis.auth()
class Caller:
    def get(self, case, context):
        return os.environ["TOKEN"]

    def set(self, case, token, context):
        number = next(ADDRESSES)
        case.headers["X-Forwarded-For"] = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        case.headers["Authorization"] = f"Bearer {token}"
