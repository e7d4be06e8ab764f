"""What an account has of a stack, before it is deployed: `account.py STACK` prints the architecture that it is deployed with,
arm64 where there is none yet. Ends with a message where a deployment, after its long build, could only fail.
"""

import sys

import boto3
from botocore.exceptions import BotoCoreError, ClientError

DEFAULT = "arm64"
# Statuses from which a stack can only be deleted.
DEAD = {"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED"}


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


def architecture(stack):
    found = deployed(stack)
    if found is None and has_tables(stack):
        sys.exit(
            f"tables of an earlier stack {stack} are there. Choose another name, make deploy STACK=..., or delete them with "
            f"all photos: make teardown STACK={stack} DATA=delete"
        )
    if found and found["StackStatus"] in DEAD:
        sys.exit(f"the stack {stack} is {found['StackStatus']}. Delete what is left: make teardown STACK={stack}")
    parameters = {one["ParameterKey"]: one["ParameterValue"] for one in (found or {}).get("Parameters", [])}
    return parameters.get("Architecture", DEFAULT)


def main(stack):
    try:
        account = boto3.client("sts").get_caller_identity()["Account"]
        print(f"{stack}: account {account}, region {boto3.Session().region_name}", file=sys.stderr)
        print(architecture(stack))
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"AWS cannot be asked. Are there credentials, and AWS_REGION? {error}")


main(*sys.argv[1:])
