"""Rekognition's DetectFaces and CompareFaces, which ministack does not have: it checks requests as Rekognition does and
answers in the documented shape, DetectFaces with the recorded answer of detect_faces.json.

    POST /_semblante/rekognition?account=N&answer=WORD    what the account is answered from now on: a key of ANSWERS
    GET  /_semblante/rekognition?account=N                {"calls": how often it asked}
"""

import base64
import binascii
import copy
import json
import pathlib
import struct
from collections import Counter
from urllib.parse import parse_qs

import account

MAX_BYTES = 5 * 1024 * 1024
MIN_SIDE = 80
FORMATS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")
SERVICE = "RekognitionService."
RECORDED = json.loads((pathlib.Path(__file__).parent / "detect_faces.json").read_text())
CONTROL = "/_semblante/rekognition"

_calls = Counter()
_answers = {}


class Refused(Exception):
    """An answer that is an error: HTTP status, code, message."""


def _faces(count):
    faces = [copy.deepcopy(RECORDED["FaceDetails"][0]) for _ in range(count)]
    for number, face in enumerate(faces):
        face["BoundingBox"]["Left"] += 0.1 * number
        face["Confidence"] -= number
    return {**RECORDED, "FaceDetails": faces}


def _throttled():
    raise Refused(400, "ThrottlingException", "Rate exceeded")


def _down():
    raise Refused(500, "InternalServerError", "Internal server error")


ANSWERS = {
    "one_face": lambda: _faces(1),
    "two_faces": lambda: _faces(2),
    "no_face": lambda: _faces(0),
    "another_face": lambda: {**_faces(1), "Similarity": 3.5},
    "throttled": _throttled,
    "down": _down,
}


def is_asked(scope):
    """Whether a request is for this file."""
    target = _header(scope, b"x-amz-target")
    return scope["path"] == CONTROL or target.startswith(SERVICE)


def answer(scope, body):
    """Status and document of the answer."""
    if scope["path"] == CONTROL:
        return _control(scope)
    try:
        return 200, _asked(scope, body)
    except Refused as refused:
        status, code, message = refused.args
        return status, {"__type": code, "Message": message}


def _control(scope):
    query = {name: values[0] for name, values in parse_qs(scope["query_string"].decode()).items()}
    if scope["method"] == "POST":
        _answers[query["account"]] = ANSWERS[query["answer"]]
    return 200, {"calls": _calls[query["account"]]}


def _asked(scope, body):
    signed = account.of(scope)
    if not signed or signed[1] != "rekognition":
        raise Refused(400, "MissingAuthenticationTokenException", "Missing Authentication Token")
    operation = OPERATIONS.get(_header(scope, b"x-amz-target").removeprefix(SERVICE))
    if not operation:
        raise Refused(400, "UnknownOperationException", "not here")
    _calls[signed[0]] += 1
    return operation(json.loads(body), _answers.get(signed[0], ANSWERS["one_face"]))


def _detect_faces(request, answered):
    """Refuses requests that Rekognition would refuse, and those that the product must not send."""
    _expect(request, {"Image", "Attributes"})
    if request["Attributes"] != ["ALL"]:
        raise Refused(400, "InvalidParameterException", "emotions come with all attributes only")
    _image(request["Image"])
    return answered()


def _compare_faces(request, answered):
    """Refuses requests that Rekognition would refuse, and those that the product must not send."""
    _expect(request, {"SourceImage", "TargetImage", "SimilarityThreshold"})
    source, target = _image(request["SourceImage"]), _image(request["TargetImage"])
    found = answered()
    faces = [{"Face": {"BoundingBox": face["BoundingBox"], "Confidence": face["Confidence"]}} for face in found["FaceDetails"]]
    if not faces and source == target:
        raise Refused(400, "InvalidParameterException", "Request has invalid parameters")
    likeness = 100.0 if source == target else found.get("Similarity", 97.5)
    matches = [{"Similarity": likeness, **face} for face in faces[:1]]
    return {"SourceImageFace": {}, "FaceMatches": matches, "UnmatchedFaces": [face["Face"] for face in faces[1:]]}


def _expect(request, names):
    if set(request) != names:
        raise Refused(400, "InvalidParameterException", "Request has invalid parameters")


def _image(told):
    """The bytes of an image, if Rekognition would accept it."""
    _expect(told, {"Bytes"})
    try:
        image = base64.b64decode(told["Bytes"], validate=True)
    except (binascii.Error, TypeError):
        raise Refused(400, "SerializationException", "not base64") from None
    if len(image) > MAX_BYTES:
        raise Refused(400, "ImageTooLargeException", "Image size is too large")
    if not image.startswith(FORMATS):
        raise Refused(400, "InvalidImageFormatException", "Request has invalid image format")
    if min(_sides(image)) < MIN_SIDE:
        raise Refused(400, "InvalidParameterException", "Request has invalid parameters")
    return image


def _sides(image):
    """Width and height in pixels, by the header of a PNG or the frame header of a JPEG."""
    if image.startswith(FORMATS[1]):
        return struct.unpack(">II", image[16:24])
    at = 2
    while not 0xC0 <= image[at + 1] <= 0xC2:
        at += 2 + int.from_bytes(image[at + 2 : at + 4], "big")
    return struct.unpack(">HH", image[at + 5 : at + 9])


OPERATIONS = {"DetectFaces": _detect_faces, "CompareFaces": _compare_faces}


def _header(scope, wanted):
    return next((value.decode() for name, value in scope["headers"] if name.lower() == wanted), "")
