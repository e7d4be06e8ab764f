"""Deletes a stack, and on request the buckets, tables, the key and the secret that outlive it: `teardown.py STACK keep|delete`.

For 90 days CloudFormation knows what outlived a stack, so what was kept can be deleted later.
"""

import sys

import boto3
from botocore.exceptions import BotoCoreError, ClientError, WaiterError

# A key or a secret that is deleted can be brought back for as long.
RECOVERY_DAYS = 7
GONE = {"404", "NoSuchBucket", "ResourceNotFoundException", "NotFoundException"}


class Bucket:
    def __init__(self, name):
        self._bucket = boto3.resource("s3").Bucket(name)

    def is_there(self):
        self._bucket.meta.client.head_bucket(Bucket=self._bucket.name)
        return True

    def delete(self):
        self._bucket.object_versions.delete()
        self._bucket.delete()


class Table:
    def __init__(self, name):
        self._name, self._client = name, boto3.client("dynamodb")

    def is_there(self):
        return self._client.describe_table(TableName=self._name)["Table"]["TableStatus"] != "DELETING"

    def delete(self):
        self._client.delete_table(TableName=self._name)
        self._client.get_waiter("table_not_exists").wait(TableName=self._name)


class Key:
    def __init__(self, name):
        self._name, self._client = name, boto3.client("kms")

    def is_there(self):
        return self._client.describe_key(KeyId=self._name)["KeyMetadata"]["KeyState"] != "PendingDeletion"

    def delete(self):
        self._client.schedule_key_deletion(KeyId=self._name, PendingWindowInDays=RECOVERY_DAYS)


class Secret:
    def __init__(self, name):
        self._name, self._client = name, boto3.client("secretsmanager")

    def is_there(self):
        return "DeletedDate" not in self._client.describe_secret(SecretId=self._name)

    def delete(self):
        self._client.delete_secret(SecretId=self._name, RecoveryWindowInDays=RECOVERY_DAYS)


KINDS = {
    "AWS::S3::Bucket": Bucket,
    "AWS::DynamoDB::Table": Table,
    "AWS::KMS::Key": Key,
    "AWS::SecretsManager::Secret": Secret,
}


def is_there(resource):
    try:
        return resource.is_there()
    except ClientError as error:
        if error.response["Error"]["Code"] in GONE:
            return False
        raise


def outlived(cloudformation, stack_ids):
    """What outlived those stacks and is still there, by kind and name."""
    names = set()
    for stack_id in stack_ids:
        for page in cloudformation.get_paginator("describe_stack_events").paginate(StackName=stack_id):
            for event in page["StackEvents"]:
                if event["ResourceStatus"] == "DELETE_SKIPPED" and event["ResourceType"] in KINDS:
                    names.add((event["ResourceType"], event["PhysicalResourceId"]))
    resources = {f"{kind} {name}": KINDS[kind](name) for kind, name in sorted(names)}
    return {name: resource for name, resource in resources.items() if is_there(resource)}


def stacks_named(cloudformation, name):
    """The statuses by id of the stack and of its deleted predecessors."""
    pages = cloudformation.get_paginator("list_stacks").paginate()
    summaries = [one for page in pages for one in page["StackSummaries"]]
    return {one["StackId"]: one["StackStatus"] for one in summaries if one["StackName"] == name}


def teardown(name, data):
    cloudformation = boto3.client("cloudformation")
    stacks = stacks_named(cloudformation, name)
    if not stacks:
        sys.exit(f"there is no stack {name} in region {cloudformation.meta.region_name}, and there was none")
    for stack_id in [stack_id for stack_id, status in stacks.items() if status != "DELETE_COMPLETE"]:
        cloudformation.delete_stack(StackName=stack_id)
        cloudformation.get_waiter("stack_delete_complete").wait(StackName=stack_id)
        print(f"deleted: the stack {name}", flush=True)
    for kept, resource in outlived(cloudformation, stacks).items():
        if data == "delete":
            resource.delete()
        print(f"{'deleted' if data == 'delete' else 'kept'}: {kept}", flush=True)


def main(stack, data):
    try:
        teardown(stack, data)
    except WaiterError as error:
        sys.exit(f"the stack {stack} could not be deleted; its events in CloudFormation say why. {error}")
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"AWS refused. Are there credentials, and AWS_REGION? {error}")


main(*sys.argv[1:])
