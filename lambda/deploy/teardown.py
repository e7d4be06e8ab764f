"""Deletes a stack, and on request the buckets, tables and the key that outlive it: `teardown.py STACK keep|delete`."""

import sys

import boto3

KEPT = {"AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::KMS::Key"}
KEY_DAYS = 7


def empty_and_delete(bucket):
    """A bucket with every version of everything in it."""
    bucket.object_versions.delete()
    bucket.delete()


def delete(kind, name):
    print(f"deleting {kind} {name}")
    if kind == "AWS::S3::Bucket":
        empty_and_delete(boto3.resource("s3").Bucket(name))
    elif kind == "AWS::DynamoDB::Table":
        boto3.client("dynamodb").delete_table(TableName=name)
    else:
        boto3.client("kms").schedule_key_deletion(KeyId=name, PendingWindowInDays=KEY_DAYS)


def main(stack, data):
    cloudformation = boto3.client("cloudformation")
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
    resources = [one for page in pages for one in page["StackResourceSummaries"]]
    kept = [(one["ResourceType"], one["PhysicalResourceId"]) for one in resources if one["ResourceType"] in KEPT]
    cloudformation.delete_stack(StackName=stack)
    cloudformation.get_waiter("stack_delete_complete").wait(StackName=stack)
    print(f"the stack {stack} is gone")
    for kind, name in kept:
        if data == "delete":
            delete(kind, name)
        else:
            print(f"kept: {kind} {name}")


main(*sys.argv[1:])
