"""Operation: repeated events, malformed messages, dead letters, replays, the traffic switch, maintenance."""

import json
import os

from client import Client, photo, stages, until
from record import age
from world import ALL_GOOD


def created(world, upload, key, etag="0"):
    """The event that S3 sends of an object."""
    return json.dumps({
        "version": "0",
        "id": upload,
        "detail-type": "Object Created",
        "source": "aws.s3",
        "account": "000000000000",
        "time": "2026-01-01T00:00:00Z",
        "region": "us-east-1",
        "resources": [],
        "detail": {
            "version": "0",
            "bucket": {"name": world.outputs["MediaBucket"]},
            "object": {"key": key, "size": 1, "etag": etag},
            "reason": "PutObject",
        },
    })


def test_an_event_that_comes_again(world):
    ana = world.new_user()
    upload = ana.put(photo())
    before = ana.until_done(upload)
    (key,) = [key for key in world.keys_of(upload) if key.startswith("user-uploads/")]
    head = world.client("s3").head_object(Bucket=world.outputs["MediaBucket"], Key=key)
    world.send("uploads", *[created(world, upload, key, head["ETag"].strip('"'))] * 3, created(world, upload, key))
    sent = world.new_user().put(photo())
    until(lambda: world.empty("uploads"), "the queue is empty")
    assert ana.status(upload)["changed_at"] == before["changed_at"], "a repeat changes nothing"
    assert world.execution(upload, 1)[0]["status"] == "SUCCEEDED" and sent


def test_rubbish_among_good_messages(world):
    ana = world.new_user()
    before = len(world.letters())
    world.send("uploads", "<xml/>", json.dumps({"Event": "s3:TestEvent"}), '{"neither": "event nor order"}')
    upload = ana.put(photo())
    assert ana.until_done(upload)["state"] == "complete"
    until(lambda: len(world.letters()) == before + 2, "a row for each message that cannot be read")
    until(lambda: world.empty("uploads"), "nothing of it comes again")


def test_a_dead_letter_and_its_redrive(world):
    ana = world.new_user()
    world.set("EmotionAnalysis", SEMBLANTE_TABLE_PREFIX="no-such-")
    before = len(world.letters())
    try:
        upload = ana.put(photo())
        ana.until(upload, lambda document: stages(document)["face-detection"] == "succeeded")
        def is_given_up():
            until(lambda: world.hidden("emotion-analysis") or world.empty("emotion-analysis"), "it is received")
            world.elapse(1200)  # more than the longest pause
            return world.empty("emotion-analysis")

        until(is_given_up, "it is received as often as MaxReceives says")
        document = ana.until_done(upload)
    finally:
        world.set("EmotionAnalysis", SEMBLANTE_TABLE_PREFIX="semblante-")
    assert document["state"] == "partial", document["state"]
    assert stages(document)["emotion-analysis"] == "failed"
    until(lambda: len(world.letters()) == before + 1, "a row")
    assert "task_token" not in str(world.letters())
    ana.post(f"/uploads/{upload}/replay", {}).expect(202)
    assert ana.until_done(upload, attempt=2)["state"] == "complete"


def test_traffic_switched_off(world):
    ana = world.new_user()
    upload = ana.put(photo())
    world.set("Api", SEMBLANTE_ACCEPT_TRAFFIC="off")
    try:
        for path in ("/gallery", f"/uploads/{upload}", "/no-such-route"):
            refused = ana.get(path)
            refused.expect_problem(503, "traffic_off")
            assert refused.headers["retry-after"] == "300"
        ana.post("/api/v1/auth/login", {}).expect_problem(503, "traffic_off")
        assert Client(world.api).get("/healthz").status == 200
        world.expect_execution(upload, 1, "SUCCEEDED")
    finally:
        world.set("Api", SEMBLANTE_ACCEPT_TRAFFIC="on")
    assert ana.until_done(upload)["state"] == "complete", "queued messages are processed"


def test_an_object_without_the_api(world):
    ana = world.new_user()
    user = ana.get("/api/v1/auth/whoami").expect(200)
    key = f"user-uploads/{user['tenant_id']}/{user['id']}/holiday.jpg"
    world.client("s3").put_object(Bucket=world.outputs["MediaBucket"], Key=key, Body=photo(), IfNoneMatch="*")
    (row,) = until(ana.gallery, "it is adopted")
    assert row["state"] == "complete"


def test_the_maintenance(world):
    ana, events = world.new_user(), world.client("events")
    never_put = ana.declare(photo()).expect(201)["upload_id"]
    rules = [rule["Name"] for rule in events.list_rules()["Rules"] if "aws.s3" in rule.get("EventPattern", "")]
    assert rules, "S3's events come by a rule"
    for rule in rules:
        events.disable_rule(Name=rule)
    try:
        event_lost = ana.put(photo())
    finally:
        for rule in rules:
            events.enable_rule(Name=rule)
    assert world.invoke("Maintenance", {}) is None
    assert ana.status(never_put)["state"] == ana.status(event_lost)["state"] == "awaiting_upload", "not due yet"
    age(world, never_put, hours=2)
    age(world, event_lost, hours=2)
    assert world.invoke("Maintenance", {}) is None
    assert ana.status(never_put)["state"] == "expired"
    assert ana.until_done(event_lost)["state"] == "complete"


def test_faces_of_the_embedded_engine(world):
    models = os.path.abspath("models")
    world.set("FaceDetection", SEMBLANTE_FACE_ENGINE="embedded", SEMBLANTE_MODELS_DIR=models)
    asked = world.ledger()["rekognition:DetectFaces"]
    try:
        ana = world.new_user()
        document = ana.until_done(ana.put(photo()))
    finally:
        world.set("FaceDetection", SEMBLANTE_FACE_ENGINE="rekognition")
    assert document["state"] == "complete" and stages(document) == ALL_GOOD, document
    assert document["stages"][0]["made_by"]["engine"] == "embedded-vision", document["stages"][0]
    assert world.ledger()["rekognition:DetectFaces"] == asked, "Rekognition was not asked"


def test_a_closed_upload_is_told(world):
    events, sqs = world.client("events"), world.client("sqs")
    heard = sqs.create_queue(QueueName="heard")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=heard, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    bus = world.outputs["DomainBus"]
    events.put_rule(Name="heard", EventBusName=bus, EventPattern=json.dumps({"source": ["semblante"]}))
    events.put_targets(Rule="heard", EventBusName=bus, Targets=[{"Id": "heard", "Arn": arn}])
    ana = world.new_user()
    upload = ana.put(photo())
    ana.until_done(upload)

    def told():
        messages = sqs.receive_message(QueueUrl=heard, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        bodies = [json.loads(message["Body"]) for message in messages.get("Messages", [])]
        return [body for body in bodies if body["detail"]["upload_id"] == upload]

    (event, *_) = until(told, "the event")
    assert event["detail-type"] == "upload.closed", event
