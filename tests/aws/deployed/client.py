"""A client of the deployed API: plain HTTP and JSON, nothing of AWS."""

import base64
import hashlib
import json
import os
import random
import time

import httpx

PATIENCE_S = 60


class _Local(httpx.HTTPTransport):
    """Connects to this machine for every name below localhost, whatever the resolver says. The Host header stays."""

    def handle_request(self, request):
        if request.url.host.endswith(".localhost"):
            request.url = request.url.copy_with(host="127.0.0.1")
        return super().handle_request(request)


# One for all clients: it keeps no cookies, and is made for threads.
_HTTP = httpx.Client(
    transport=_Local(), timeout=PATIENCE_S, trust_env=False, headers={"Accept-Encoding": "identity"}
)


class Answer:
    """A response, with what journeys expect of it."""

    def __init__(self, response):
        self.status = response.status_code
        self.headers = response.headers
        self.bytes = response.content
        self.json = response.json

    def expect(self, status):
        """The body; fails if the status is another."""
        assert self.status == status, f"{self.status}, not {status}: {self.bytes[:500]}"
        # 204 has no body; the emulated gateway gives it a content type all the same.
        if self.bytes and "json" in self.headers.get("content-type", ""):
            return self.json()
        return self.bytes

    def expect_problem(self, status, code):
        body = self.expect(status)
        assert self.headers["content-type"] == "application/problem+json", self.headers
        assert body["code"] == code, body
        return body


def send(method, url, headers=None, body=None, **content):
    """A request to an absolute URL. `content`: `json` or `files`, as httpx takes them."""
    return Answer(_HTTP.request(method, url, headers=headers, content=body, **content))


def until(reached, what, patience_s=PATIENCE_S):
    """Waits until `reached` returns something true, and returns that."""
    deadline = time.monotonic() + patience_s
    while True:
        found = reached()
        if found:
            return found
        assert time.monotonic() < deadline, f"after {patience_s} s still not: {what}"
        time.sleep(0.2)


def photo(name="sample1.jpg"):
    """The bytes of a sample, or of a file elsewhere, made unique: the same content sent twice is a duplicate."""
    with open(os.path.join("models", name), "rb") as file:
        photo = file.read()
    # A comment behind the start of the image, which every decoder skips.
    comment = random.randbytes(16)
    return photo[:2] + b"\xff\xfe\x00\x12" + comment + photo[2:]


class Client:
    """A user of the API: signed up if there is an e-mail address, anonymous otherwise."""

    def __init__(self, url, email=None):
        self.url = url
        self.token = None
        if email:
            answer = self.post("/api/v1/auth/signup", {"email": email, "password": "Secreta123"})
            self.token = answer.expect(201)["access_token"]

    def ask(self, method, path, headers=None, **content):
        own = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return send(method, self.url + path, {**own, **(headers or {})}, **content)

    def get(self, path, **headers):
        return self.ask("GET", path, headers)

    def post(self, path, body, **headers):
        return self.ask("POST", path, headers, json=body)

    def declare(self, photo, content_type="image/jpeg"):
        sha256 = hashlib.sha256(photo).hexdigest()
        return self.post(
            "/uploads", {"content_type": content_type, "content_length": len(photo), "sha256": sha256}
        )

    def put(self, photo):
        """Declares a photo and puts it with its presigned request; returns its id."""
        declared = self.declare(photo).expect(201)
        upload = declared["upload"]
        send(upload["method"], upload["url"], upload["headers"], photo).expect(200)
        return declared["upload_id"]

    def multipart(self, path, photo, **headers):
        return self.ask("POST", path, headers, files={"image": ("p.jpg", photo, "image/jpeg")})

    def base64(self, path, photo, **headers):
        return self.post(path, {"image": base64.b64encode(photo).decode()}, **headers)

    def status(self, upload):
        return self.get(f"/uploads/{upload}").expect(200)

    def until(self, upload, reached):
        """The status document, once `reached` accepts it."""
        documents = []

        def is_reached():
            documents.append(self.get(f"/uploads/{upload}", Prefer="wait=2").expect(200))
            return reached(documents[-1]) and documents[-1]

        try:
            return until(is_reached, f"the state of {upload}")
        except AssertionError as error:
            raise AssertionError(f"{error}: {json.dumps(documents[-1])}") from None

    def until_done(self, upload, attempt=1):
        return self.until(upload, lambda document: document["done"] and document["attempt"] == attempt)

    def gallery(self):
        return self.get("/gallery").expect(200)["uploads"]


def stages(document):
    """Outcomes by stage; None for a stage without one."""
    return {stage["name"]: stage["outcome"] for stage in document["stages"]}
