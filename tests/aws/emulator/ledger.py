"""Counts the calls of an account, as AWS would bill them.

    GET /_semblante/ledger?account=N    {"calls": {"s3:PutObject": 5, …}, "items_written": …, "write_units": …, …}

Write units are DynamoDB's: an item's size before or after, whichever is larger, in whole kilobytes, twice that in a
transaction; an index costs one for an entry that comes, goes or changes in place, two where its key changes. Read units
are a lower bound: one for each item asked for, and for each query.
"""

import base64
import json
import math
from collections import Counter, defaultdict
from urllib.parse import parse_qs

import account
from ministack.services import dynamodb

PATH = "/_semblante/ledger"
TARGETS = {
    "DynamoDB_20120810": "dynamodb",
    "AmazonSQS": "sqs",
    "AWSStepFunctions": "states",
    "AWSEvents": "events",
    "secretsmanager": "secretsmanager",
    "RekognitionService": "rekognition",
}
S3_OPERATIONS = {"PUT": "PutObject", "GET": "GetObject", "HEAD": "HeadObject", "DELETE": "DeleteObject", "POST": "PostObject"}


class _Book:
    def __init__(self):
        self.calls = Counter()
        self.figures = Counter()
        self.keys = {}
        self.indexes = {}
        # (table, key) -> the item as it was last put.
        self.items = {}


_books = defaultdict(_Book)


def page(scope):
    """An account's figures."""
    book = _books[parse_qs(scope["query_string"].decode())["account"][0]]
    return {"calls": dict(book.calls), **book.figures}


def enter(scope, body):
    """Counts a request."""
    headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
    query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    signed = account.of(scope)
    if not signed:
        return
    book = _books[signed[0]]
    service, _, operation = headers.get(b"x-amz-target", "").partition(".")
    service = TARGETS.get(service)
    if service is None:
        service, operation = "s3", _s3_operation(scope["method"], query)
    book.calls[f"{service}:{operation}"] += 1
    if service == "dynamodb":
        _learn(book, signed[0])
        _DYNAMODB.get(operation, _nothing)(book, json.loads(body))


def _learn(book, owner):
    """Notes the keys of tables that a stack has made: no client asked for them."""
    for (holder, _, name), table in list(dynamodb._tables._data.items()):
        if holder == owner and name not in book.keys:
            _create_table(book, table)


def _s3_operation(method, query):
    for name, operation in (("list-type", "ListObjectsV2"), ("versions", "ListObjectVersions"), ("delete", "DeleteObjects")):
        if name in query:
            return operation
    return S3_OPERATIONS.get(method, method)


def _nothing(book, request):
    pass


def _create_table(book, request):
    table = request["TableName"]
    book.keys[table] = [element["AttributeName"] for element in request["KeySchema"]]
    book.indexes[table] = [
        [element["AttributeName"] for element in index["KeySchema"]]
        for index in request.get("GlobalSecondaryIndexes") or []
    ]


def _write(book, table, key, item, factor):
    """An item that replaces another; None deletes."""
    place = (table, json.dumps([key[name] for name in book.keys[table]]))
    before = book.items.pop(place, None)
    if item is not None:
        book.items[place] = item
    size = max(_size(before), _size(item), 1)
    book.figures["items_written"] += 1
    book.figures["write_units"] += math.ceil(size / 1024) * factor
    book.figures["largest_item"] = max(book.figures["largest_item"], size)
    for names in book.indexes[table]:
        old, new = ([(item or {}).get(name) for name in names] for item in (before, item))
        old, new = (None if None in entry else entry for entry in (old, new))
        if old != new:
            book.figures["index_units"] += (old is not None) + (new is not None)


def _put_item(book, request):
    _write(book, request["TableName"], request["Item"], request["Item"], 1)


def _delete_item(book, request):
    _write(book, request["TableName"], request["Key"], None, 1)


def _transact_write_items(book, request):
    for write in request["TransactItems"]:
        if "Put" in write:
            _write(book, write["Put"]["TableName"], write["Put"]["Item"], write["Put"]["Item"], 2)
        if "Delete" in write:
            _write(book, write["Delete"]["TableName"], write["Delete"]["Key"], None, 2)


def _batch_write_item(book, request):
    for table, writes in request["RequestItems"].items():
        for write in writes:
            if "PutRequest" in write:
                _write(book, table, write["PutRequest"]["Item"], write["PutRequest"]["Item"], 1)
            else:
                _write(book, table, write["DeleteRequest"]["Key"], None, 1)


def _one_read(book, request):
    book.figures["read_units"] += 1


def _batch_get_item(book, request):
    book.figures["read_units"] += sum(len(wanted["Keys"]) for wanted in request["RequestItems"].values())


_DYNAMODB = {
    "CreateTable": _create_table,
    "PutItem": _put_item,
    "DeleteItem": _delete_item,
    "TransactWriteItems": _transact_write_items,
    "BatchWriteItem": _batch_write_item,
    "GetItem": _one_read,
    "Query": _one_read,
    "BatchGetItem": _batch_get_item,
}


def _size(item):
    """Bytes of an item, as DynamoDB counts them."""
    return sum(len(name.encode()) + _value_size(value) for name, value in (item or {}).items())


def _value_size(value):
    (kind, content), = value.items()
    if kind == "S":
        return len(content.encode())
    if kind == "N":
        return (len(content.lstrip("-")) + 1) // 2 + 1
    if kind == "B":
        return len(base64.b64decode(content))
    # No adapter of ours writes other types. An estimate.
    return len(json.dumps(content))
