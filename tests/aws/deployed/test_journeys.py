"""Journeys of clients through the deployed API."""

import random

from client import Client, photo, send, stages
from world import ALL_GOOD

MAX_STACK_S = 60


def test_the_stack_comes_up_in_the_promised_time(world):
    assert world.stack_s <= MAX_STACK_S, f"the stack took {world.stack_s:.1f} s"


def test_signup_and_login(world):
    email = world.email()
    Client(world.api, email)
    login = Client(world.api).post("/api/v1/auth/login", {"email": email, "password": "Secreta123"})
    tokens = login.expect(200)
    back = Client(world.api)
    back.token = tokens["access_token"]
    assert back.get("/api/v1/auth/whoami").expect(200)["email"] == email
    wrong = Client(world.api).post("/api/v1/auth/login", {"email": email, "password": "another one"})
    wrong.expect_problem(401, "wrong_credentials")
    again = Client(world.api).post("/api/v1/token/refresh", {"refresh_token": tokens["refresh_token"]})
    assert again.expect(200)["access_token"] != tokens["access_token"]
    Client(world.api).get("/gallery").expect_problem(401, "missing_token")


def test_presigned_put_to_gallery(world):
    ana = world.new_user()
    sent = photo()
    upload = ana.put(sent)
    document = ana.until_done(upload)
    assert document["state"] == "complete", document
    assert stages(document) == ALL_GOOD
    assert ana.get(f"/uploads/{upload}/faces").expect(200)["faces"], "faces"
    (row,) = ana.gallery()
    assert row["upload_id"] == upload and row["emotion"] == document["emotion"]
    read = {name: send("GET", row[name]).expect(200) for name in
            ("original_image", "preview", "generated_image", "melody", "melody_midi")}
    assert read["original_image"] == sent
    assert read["preview"].startswith(b"\xff\xd8\xff") and read["generated_image"].startswith(b"\xff\xd8\xff")
    assert read["melody"][:3] == b"ID3" or read["melody"][0] == 0xFF
    assert read["melody_midi"].startswith(b"MThd")
    assert ana.declare(sent).expect(200)["upload_id"] == upload, "the same content is there"
    world.new_user().get(f"/uploads/{upload}").expect_problem(404, "not_found")
    world.expect_execution(upload, 1, "SUCCEEDED")
    assert world.states(upload, 1) == [
        "+FaceDetection", "-FaceDetection", "+EmotionAnalysis", "-EmotionAnalysis",
        "+Generate", "-Generate", "+GalleryIndexing", "-GalleryIndexing",
    ]


def test_a_put_that_is_not_what_was_declared(world):
    ana = world.new_user()
    sent = photo()
    upload = ana.declare(sent).expect(201)["upload"]
    other = sent[:-1] + bytes([sent[-1] ^ 1])
    for headers, body in (
        (upload["headers"], other),
        ({**upload["headers"], "content-type": "text/html"}, sent),
        ({**upload["headers"], "x-amz-checksum-sha256": "A" * 43 + "="}, sent),
        ({name: value for name, value in upload["headers"].items() if name != "if-none-match"}, sent),
        ({**upload["headers"], "content-length": str(len(sent) - 1)}, sent[:-1]),
    ):
        assert send("PUT", upload["url"], headers, body).status in (400, 403), headers
    forged = upload["url"][:-1] + ("0" if upload["url"][-1] != "0" else "1")
    assert send("PUT", forged, upload["headers"], sent).status == 403
    send("PUT", upload["url"], upload["headers"], sent).expect(200)
    assert send("PUT", upload["url"], upload["headers"], sent).status == 412, "it is there"


def test_multipart_and_base64(world):
    ana = world.new_user()
    waited = ana.multipart("/upload-image", photo(), Prefer="wait=5")
    upload = waited.json()["upload_id"]
    assert waited.status in (200, 202), waited.bytes
    assert waited.headers["preference-applied"] == "wait=2", "longer waits are shortened"
    assert ana.until_done(upload)["state"] == "complete"
    accepted = ana.base64("/upload-photo", photo())
    body = accepted.expect(202)
    assert body["emotion"] is None and accepted.headers["location"] == body["status_url"]
    assert ana.until_done(body["upload_id"])["state"] == "complete"


def test_a_photo_that_lambda_would_not_take_is_refused_with_advice(world):
    ana, small = world.new_user(), photo()
    # Comments, which every decoder skips.
    large = small[:2] + (b"\xff\xfe\xff\xff" + bytes(0xFFFD)) * 65 + small[2:]
    assert len(large) > 4 << 20
    for refused in (ana.multipart("/upload-image", large), ana.base64("/upload-photo", large)):
        problem = refused.expect_problem(413, "too_large")
        assert problem["limit"] == 4 << 20 and "presigned URL" in problem["detail"], problem
    assert ana.until_done(ana.put(large))["state"] == "complete"


def test_etag_and_not_modified(world):
    ana = world.new_user()
    upload = ana.put(photo())
    ana.until_done(upload)
    first = ana.get(f"/uploads/{upload}")
    again = ana.get(f"/uploads/{upload}", **{"If-None-Match": first.headers["etag"]})
    assert again.status == 304 and not again.bytes


def test_a_melody_without_a_photo(world):
    ana = world.new_user()
    asked = ana.get("/generate-melody?emotion=SAD", Prefer="wait=5")
    upload = asked.json().get("upload_id")
    if asked.status == 202:
        document = ana.until_done(upload)
        link = document["melody"]
    else:
        link = asked.expect(200)["melody_url"]
    assert send("GET", link).expect(200)


def test_a_photo_that_is_none(world):
    ana = world.new_user()
    upload = ana.put(b"\xff\xd8\xff\xe0" + random.randbytes(2000))
    document = ana.until_done(upload)
    assert document["state"] == "failed", document
    outcomes = stages(document)
    assert outcomes["face-detection"] == "failed" and outcomes["gallery-indexing"] == "succeeded", outcomes
    world.expect_execution(upload, 1, "SUCCEEDED")
    assert world.states(upload, 1) == ["+FaceDetection", "-FaceDetection", "+GalleryIndexing", "-GalleryIndexing"]


def test_replay_from_a_stage(world):
    ana = world.new_user()
    upload = ana.put(photo())
    first = ana.until_done(upload)
    replayed = ana.post(f"/uploads/{upload}/replay", {"from_stage": "image-generation", "reroll": True})
    assert replayed.expect(202)["attempt"] == 2
    second = ana.until_done(upload, attempt=2)
    assert second["state"] == "complete"
    made = {stage["name"]: stage["attempt"] for stage in second["stages"]}
    assert made == {
        "face-detection": 1,
        "emotion-analysis": 1,
        "image-generation": 2,
        "melody-generation": 1,
        "gallery-indexing": 2,
    }, made
    before, after = (send("GET", one["generated_image"]).expect(200) for one in (first, second))
    assert before != after, "rerolled"


def test_erasure(world):
    ana = world.new_user()
    upload = ana.put(photo())
    document = ana.until_done(upload)
    ana.ask("DELETE", f"/uploads/{upload}").expect(204)
    ana.get(f"/uploads/{upload}").expect_problem(404, "not_found")
    assert ana.gallery() == []
    for link in ("original_image", "preview", "generated_image", "melody"):
        assert send("GET", document[link]).status == 404, link
    assert world.keys_of(upload) == []


def test_cors_is_the_gateways(world):
    answer = send("OPTIONS", world.api + "/uploads", {
        "Origin": "https://page.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization",
    })
    assert answer.headers.get("access-control-allow-origin") == "https://page.example", answer.headers
