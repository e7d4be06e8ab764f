"""The account of a request, by its signature: an access key of twelve digits is an account, any other belongs to the default."""

import re
from urllib.parse import parse_qs

DEFAULT = "000000000000"


def of(scope):
    """The account and the service that a request is signed for; None where it is not signed."""
    headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
    query = parse_qs(scope["query_string"].decode("latin-1"))
    credential = headers.get(b"authorization", "") + query.get("X-Amz-Credential", [""])[0]
    found = re.search(r"\b(\w+)/\d{8}/[a-z0-9-]+/([a-z0-9]+)/aws4_request", credential)
    if not found:
        return None
    key, service = found.groups()
    return (key if re.fullmatch(r"\d{12}", key) else DEFAULT), service
