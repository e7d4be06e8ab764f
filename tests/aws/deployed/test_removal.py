"""The programs of lambda/deploy: the check of the account before a deployment, and the removal of a stack."""

import os
import subprocess
import sys

import stack
from world import PARAMETERS, REGION

PATIENCE_S = 300
STACK = "another"
KEPT = ["DynamoDB::Table"] * 8 + ["KMS::Key"] + ["S3::Bucket"] * 2 + ["SecretsManager::Secret"]


def _run(world, program, *arguments):
    """Exit code and output of a program."""
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    ran = subprocess.run(
        [sys.executable, f"lambda/deploy/{program}.py", STACK, *arguments],
        env={**os.environ, **keys, "AWS_ENDPOINT_URL": world.url, "AWS_DEFAULT_REGION": REGION},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE_S,
    )
    return ran.returncode, ran.stdout


def _told(said, word):
    """The types of the resources that a program reports with this word."""
    told = [line.removeprefix(f"{word}: AWS::").split()[0] for line in said.splitlines() if line.startswith(f"{word}: AWS::")]
    return sorted(told)


def test_a_stack_goes_and_its_data_later(world):
    code, said = _run(world, "account")
    assert code == 0 and said.endswith("\narm64\n"), said
    # The packages of the functions are those of the other stack.
    outputs = stack.deploy(world, STACK, {}, {**PARAMETERS, "Enrolment": "account"})
    code, said = _run(world, "account")
    assert code == 0 and said.endswith(f"\n{PARAMETERS['Architecture']}\n"), said

    s3 = world.client("s3")
    for bucket in (outputs["MediaBucket"], outputs["UsersPhotosBucket"]):
        for body in (b"one", b"and its successor"):
            s3.put_object(Bucket=bucket, Key="user-uploads/photo.jpg", Body=body)
        s3.delete_object(Bucket=bucket, Key="user-uploads/photo.jpg")
    code, said = _run(world, "teardown", "keep")
    assert code == 0 and f"deleted: the stack {STACK}" in said and _told(said, "kept") == KEPT, said
    assert len(s3.list_object_versions(Bucket=outputs["MediaBucket"])["Versions"]) == 2, "photos are kept"
    code, said = _run(world, "account")
    assert code == 1 and "make teardown STACK=another DATA=delete" in said, said

    code, said = _run(world, "teardown", "delete")
    assert code == 0 and _told(said, "deleted") == KEPT, said
    code, said = _run(world, "teardown", "delete")
    assert code == 0 and said == "", said
    tables = world.client("dynamodb").list_tables()["TableNames"]
    buckets = [one["Name"] for one in s3.list_buckets()["Buckets"]]
    assert not [name for name in tables + buckets if name.startswith(STACK)], "nothing is left"
    code, said = _run(world, "account")
    assert code == 0 and said.endswith("\narm64\n"), said
