"""A photo's way by the client that openapi-python-client makes of the description. Arguments: the server, a photo."""

import hashlib
import sys
import time
from pathlib import Path
from typing import TypeVar

import httpx

from semblante import AuthenticatedClient, Client
from semblante.api.accounts import sign_up
from semblante.api.gallery import list_gallery
from semblante.api.uploads import declare_upload, erase_upload, get_upload, replay_upload
from semblante.models import (
    AttemptAccepted,
    DeclaredUpload,
    DeclareRequest,
    GalleryPage,
    PhotoType,
    Problem,
    ProblemCode,
    ReplayRequest,
    SignupFields,
    StageName,
    StatusDocument,
    TokenDocument,
    UploadState,
)

T = TypeVar("T")
TIMEOUT = httpx.Timeout(120)
MAX_POLLS = 600


def say(step: str, *facts: object) -> None:
    print(f"python: {step}:", *facts)


def accepted(answer: object, kind: type[T]) -> T:
    """The answer of a request that is not refused."""
    if isinstance(answer, Problem):
        raise SystemExit(f"{answer.status} {answer.code.value}: {answer.detail}")
    assert isinstance(answer, kind), answer
    return answer


base_url, file = sys.argv[1:]
anonymous = Client(base_url=base_url, timeout=TIMEOUT)
account = SignupFields(email="python@example.org", password="Secreta123")
session = accepted(sign_up.sync(client=anonymous, body=account), TokenDocument)
say("signed up", session.user.email, session.role.value)

api = AuthenticatedClient(base_url=base_url, token=session.access_token, timeout=TIMEOUT)
photo = Path(file).read_bytes()
declaration = DeclareRequest(
    content_type=PhotoType.IMAGEJPEG, content_length=len(photo), sha256=hashlib.sha256(photo).hexdigest()
)
declared = accepted(declare_upload.sync(client=api, body=declaration), DeclaredUpload)
put = httpx.put(declared.upload.url, headers=declared.upload.headers.additional_properties, content=photo, timeout=TIMEOUT)
assert put.status_code == 200, put.text
say("uploaded", len(photo), "bytes")


def done(attempt: int) -> StatusDocument:
    """The upload once this attempt is done. An ordered attempt begins a moment later."""
    for _ in range(MAX_POLLS):
        upload = accepted(get_upload.sync(declared.upload_id, client=api, prefer="wait=20"), StatusDocument)
        if upload.done and upload.attempt >= attempt:
            return upload
        time.sleep(0.1)
    raise SystemExit(f"attempt {attempt} is not done: {upload}")


upload = done(1)
assert upload.state == UploadState.COMPLETE, upload
say("done", upload.emotion, f"{len(upload.stages)} stages")

page = accepted(list_gallery.sync(client=api, limit=5), GalleryPage)
(row,) = page.uploads
assert row.upload_id == declared.upload_id
for link in (row.generated_image, row.melody):
    assert isinstance(link, str)
    found = httpx.get(link, timeout=TIMEOUT)
    say("gallery", found.status_code, found.headers["content-type"], len(found.content), "bytes")
    assert found.status_code == 200

order = ReplayRequest(from_stage=StageName.IMAGE_GENERATION, reroll=True)
replay = accepted(replay_upload.sync(declared.upload_id, client=api, body=order), AttemptAccepted)
again = done(replay.attempt)
assert (again.attempt, again.state) == (replay.attempt, UploadState.COMPLETE)
say("replayed", f"attempt {replay.attempt}")

erased = erase_upload.sync_detailed(declared.upload_id, client=api)
assert erased.status_code == 204, erased
gone = get_upload.sync(declared.upload_id, client=api)
assert isinstance(gone, Problem) and gone.code == ProblemCode.NOT_FOUND, gone
assert accepted(list_gallery.sync(client=api), GalleryPage).uploads == []
say("erased", gone.type_)
