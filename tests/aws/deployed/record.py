"""Records of uploads, as shared/aws/src/document.rs writes them: a byte for the format, then deflate with a dictionary."""

import json
import zlib
from datetime import datetime, timedelta

TABLE = "semblante-uploads"
FORMAT = b"\x01"
RAW = -15
MOMENTS = ("created_at", "changed_at", "url_expires_at")


def _dictionary():
    with open("shared/aws/src/document.dictionary", "rb") as file:
        return file.read()


def _read(document):
    assert document[:1] == FORMAT
    return json.loads(zlib.decompressobj(RAW, zdict=_dictionary()).decompress(document[1:]))


def _write(record):
    packer = zlib.compressobj(9, zlib.DEFLATED, RAW, zdict=_dictionary())
    return FORMAT + packer.compress(json.dumps(record).encode()) + packer.flush()


def age(world, upload, hours):
    """Moves all times of a record back, as if it had waited for so many hours."""
    database = world.client("dynamodb")
    (item,) = [one for one in database.scan(TableName=TABLE)["Items"] if one["key"]["S"].endswith(f"#{upload}")]
    record, back = _read(item["record"]["B"]), timedelta(hours=hours)
    for moment in MOMENTS:
        before = datetime.fromisoformat(record[moment]) - back
        record[moment] = before.isoformat().replace("+00:00", "Z")
    due_ms, rest = item["due"]["S"].split("#", 1)
    item["due"]["S"] = f"{int(due_ms) - back // timedelta(milliseconds=1):015}#{rest}"
    item["record"]["B"] = _write(record)
    database.put_item(TableName=TABLE, Item=item)
