"""What an account has of a stack, before it is deployed: `account.py STACK [PARAMETER=VALUE...]` prints the architecture that it
is deployed with, arm64 where there is none yet. Ends with a message where a deployment, after its long build, could only fail.
"""

import re
import sys

import boto3
from botocore.exceptions import BotoCoreError, ClientError

# The defaults of template.yaml.
DEFAULTS = {"Architecture": "arm64", "ApiConcurrency": "50", "FaceEngine": "rekognition"}
# Statuses from which a stack can only be deleted.
DEAD = {"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED"}
# Queues have names of 80 characters at most: the stack's, and what the longest of them adds.
MAX_STACK_NAME = 49
# What Lambda leaves unreserved in any account.
MIN_UNRESERVED = 100


def check_name(stack):
    if not re.fullmatch(r"[a-z]([a-z0-9-]*[a-z0-9])?", stack):
        sys.exit(f"the name {stack} is not one of small letters, digits and hyphens that begins with a letter")
    if len(stack) > MAX_STACK_NAME:
        sys.exit(f"the name {stack} has {len(stack)} characters; with {MAX_STACK_NAME} at most the queues can bear it")


def deployed(stack):
    """The stack as it is; None: there is none."""
    try:
        (found,) = boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
        return found
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise


def has_tables(stack):
    """Whether a stack of that name was deleted and its tables were kept."""
    try:
        boto3.client("dynamodb").describe_table(TableName=f"{stack}-uploads")
        return True
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            return False
        raise


def check_stack(stack, found):
    if found is None and has_tables(stack):
        sys.exit(
            f"tables of an earlier stack {stack} are there. Choose another name, make deploy STACK=..., or delete them with "
            f"all photos: make teardown STACK={stack} DATA=delete"
        )
    if found and found["StackStatus"] in DEAD:
        sys.exit(f"the stack {stack} is {found['StackStatus']}. Delete what is left: make teardown STACK={stack}")


def check_region(face_engine):
    """Rekognition is in some regions only. Elsewhere the stack would deploy, and every photo fail."""
    session = boto3.Session()
    region = session.region_name
    partition = session.get_partition_for_region(region)
    if face_engine == "rekognition" and region not in session.get_available_regions("rekognition", partition):
        sys.exit(f'Amazon Rekognition is not in region {region}. Use the embedded engine: PARAMETERS="FaceEngine=embedded"')


def check_concurrency(wanted, reserved):
    """Whether the API's reservation leaves what Lambda insists on. `reserved` is what the stack has reserved already."""
    if wanted == 0:
        return
    try:
        limit = boto3.client("lambda").get_account_settings()["AccountLimit"]
    except ClientError as error:
        if "AccessDenied" not in error.response["Error"]["Code"]:
            raise
        print("the concurrency of the account is not known: lambda:GetAccountSettings is denied", file=sys.stderr)
        return
    free = limit["UnreservedConcurrentExecutions"] + reserved - MIN_UNRESERVED
    if free < wanted:
        sys.exit(
            f"Lambda would refuse ApiConcurrency={wanted}: the account has {limit['ConcurrentExecutions']} concurrent executions, "
            f"of which {max(free, 0)} can be reserved. Raise the quota in Service Quotas (Lambda, Concurrent executions), or "
            f'reserve none: PARAMETERS="ApiConcurrency=0"'
        )


def architecture(stack, given):
    check_name(stack)
    found = deployed(stack)
    check_stack(stack, found)
    present = {one["ParameterKey"]: one["ParameterValue"] for one in (found or {}).get("Parameters", [])}
    wanted = {**DEFAULTS, **present, **given}
    check_region(wanted["FaceEngine"])
    check_concurrency(int(wanted["ApiConcurrency"]), int(present.get("ApiConcurrency", 0)))
    return wanted["Architecture"]


def main(stack, *given):
    try:
        account = boto3.client("sts").get_caller_identity()["Account"]
        print(f"{stack}: account {account}, region {boto3.Session().region_name}", file=sys.stderr)
        print(architecture(stack, dict(one.split("=", 1) for one in given)))
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"AWS cannot be asked. Are there credentials, and AWS_REGION? {error}")


if __name__ == "__main__":
    main(*sys.argv[1:])
