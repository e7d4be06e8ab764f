"""A plain HTTP client of the deployed API: it knows JSON and nothing of AWS."""

import base64
import hashlib
import http.client
import json
import time
import uuid
from urllib.parse import urlsplit

PATIENCE_S = 60


class Answer:
    """An answer that was read to its end."""

    def __init__(self, response):
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.bytes = response.read()

    def json(self):
        return json.loads(self.bytes)

    def expect(self, status):
        """The body; fails where the status is another."""
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


def send(method, url, headers=None, body=None):
    """A request to an absolute URL. Names below localhost are this machine, whatever the resolver says."""
    parts = urlsplit(url)
    host = "127.0.0.1" if parts.hostname.endswith(".localhost") else parts.hostname
    connection = http.client.HTTPConnection(host, parts.port, timeout=PATIENCE_S)
    try:
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.request(method, target, body=body, headers={"Host": parts.netloc, **(headers or {})})
        return Answer(connection.getresponse())
    finally:
        connection.close()


class Client:
    """Somebody who has signed up."""

    def __init__(self, url, email=None):
        self.url = url
        self.token = None
        if email:
            answer = self.post("/api/v1/auth/signup", {"email": email, "password": "Secreta123"})
            self.token = answer.expect(201)["access_token"]

    def ask(self, method, path, headers=None, body=None):
        own = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return send(method, self.url + path, {**own, **(headers or {})}, body)

    def get(self, path, **headers):
        return self.ask("GET", path, headers)

    def post(self, path, body, **headers):
        return self.ask("POST", path, {"Content-Type": "application/json", **headers}, json.dumps(body))

    def declare(self, photo, content_type="image/jpeg"):
        sha256 = hashlib.sha256(photo).hexdigest()
        return self.post(
            "/uploads", {"content_type": content_type, "content_length": len(photo), "sha256": sha256}
        )

    def put(self, photo):
        """Declares a photo and puts it with its presigned request; its id."""
        declared = self.declare(photo).expect(201)
        upload = declared["upload"]
        send(upload["method"], upload["url"], upload["headers"], photo).expect(200)
        return declared["upload_id"]

    def multipart(self, path, photo, **headers):
        boundary = uuid.uuid4().hex
        head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="image"; filename="p.jpg"\r\n'
            "Content-Type: image/jpeg\r\n\r\n"
        )
        body = head.encode() + photo + f"\r\n--{boundary}--\r\n".encode()
        return self.ask(
            "POST", path, {"Content-Type": f"multipart/form-data; boundary={boundary}", **headers}, body
        )

    def base64(self, path, photo, **headers):
        return self.post(path, {"image": base64.b64encode(photo).decode()}, **headers)

    def status(self, upload):
        return self.get(f"/uploads/{upload}").expect(200)

    def until(self, upload, reached, patience_s=PATIENCE_S):
        """The status document, once `reached` says so of it."""
        deadline = time.monotonic() + patience_s
        while True:
            document = self.get(f"/uploads/{upload}", Prefer="wait=2").expect(200)
            if reached(document):
                return document
            assert time.monotonic() < deadline, f"never reached: {json.dumps(document)}"

    def until_done(self, upload, attempt=1):
        return self.until(upload, lambda document: document["done"] and document["attempt"] == attempt)

    def gallery(self):
        return self.get("/gallery").expect(200)["uploads"]


def stages(document):
    """Outcomes by stage; None where there is none yet."""
    return {stage["name"]: stage["outcome"] for stage in document["stages"]}
