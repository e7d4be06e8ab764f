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


@schemathesis.check
def described_code(ctx, response, case):
    """A problem has one of the codes that the description lists for its status, and its type leads to the code's explanation."""
    if response.status_code < 400:
        return
    problem = response.json()
    if problem["code"] == "method_not_allowed":  # A request with another method than the operation's.
        return
    described = case.operation.definition.raw["responses"].get(str(response.status_code), {})
    assert problem["code"] in described.get("x-codes", []), f"{response.status_code} {problem['code']} is not described"
    assert problem["type"].endswith(f"/docs/problems#{problem['code']}"), problem["type"]
