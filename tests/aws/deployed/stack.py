"""template.yaml, deployed into the emulator with real binaries."""

import io
import json
import secrets
import string
import zipfile

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

TEMPLATE = "template.yaml"
DEFINITION = "statemachine/pipeline.asl.json"
ARTEFACTS = "artefacts"
_EMPTY_ZIP = b"PK\x05\x06" + bytes(18)


class _NoManagedPolicies:
    """The template uses no managed policy by its short name."""

    def load(self):
        return {}


def _packaged(bootstrap):
    """A function's package: its program, as Lambda wants it."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        program = zipfile.ZipInfo("bootstrap")
        program.external_attr = 0o755 << 16
        with open(bootstrap, "rb") as file:
            archive.writestr(program, file.read())
    return packed.getvalue()


def _upload(s3, binaries):
    """Uploads each binary's package and the definition, as `sam package` would."""
    s3.create_bucket(Bucket=ARTEFACTS)
    s3.upload_file(DEFINITION, ARTEFACTS, "definition.json")
    for name, path in binaries.items():
        s3.put_object(Bucket=ARTEFACTS, Key=name, Body=_packaged(path))
    s3.put_object(Bucket=ARTEFACTS, Key="layer", Body=_EMPTY_ZIP)


def _with_artefacts(template):
    """The template with the uploaded artefacts in place of local paths."""
    for resource in template["Resources"].values():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::Serverless::Function":
            binary = resource["Metadata"]["BuildProperties"]["Binary"]
            properties["CodeUri"] = {"Bucket": ARTEFACTS, "Key": binary}
        if resource["Type"] == "AWS::Serverless::StateMachine":
            properties["DefinitionUri"] = {"Bucket": ARTEFACTS, "Key": "definition.json"}
        if resource["Type"] == "AWS::Serverless::LayerVersion":
            properties["ContentUri"] = f"s3://{ARTEFACTS}/layer"
    del template["Globals"]["Function"]["CodeUri"]
    return template


def _is_made(resource):
    """Whether the emulator supports the resource: it has no archives by template, and no alarms over several metrics."""
    is_sum = resource["Type"] == "AWS::CloudWatch::Alarm" and "Metrics" in resource["Properties"]
    return resource["Type"] != "AWS::Events::Archive" and not is_sum


def _numbered(value, numbers):
    """The value with numbers in place of references to numeric parameters: the emulator leaves them texts."""
    if isinstance(value, dict):
        if value.keys() == {"Ref"} and value["Ref"] in numbers:
            return numbers[value["Ref"]]
        return {name: one if name == "Environment" else _numbered(one, numbers) for name, one in value.items()}
    return [_numbered(one, numbers) for one in value] if isinstance(value, list) else value


def _with_key(secret):
    """Generates the secret's key: the emulator does not support excluded characters."""
    wanted = secret["Properties"].pop("GenerateSecretString")
    allowed = set(string.ascii_lowercase + string.digits) - set(wanted["ExcludeCharacters"])
    key = "".join(secrets.choice(sorted(allowed)) for _ in range(wanted["PasswordLength"]))
    document = {**json.loads(wanted["SecretStringTemplate"]), wanted["GenerateStringKey"]: key}
    secret["Properties"]["SecretString"] = json.dumps(document)


def _explicit_routes(resources):
    """The emulator ignores the OpenAPI document of an HTTP API: its one route is declared in resources of its own."""
    for name, api in list(resources.items()):
        if api["Type"] != "AWS::ApiGatewayV2::Api":
            continue
        body = api["Properties"].pop("Body")
        api["Properties"].pop("FailOnWarnings", None)
        api["Properties"].update(Name=name, ProtocolType="HTTP")
        cors = body.get("x-amazon-apigateway-cors")
        if cors:
            # The emulator returns it in the API's spelling, not in CloudFormation's.
            api["Properties"]["CorsConfiguration"] = cors
        ((path, methods),) = body["paths"].items()
        integration = methods["x-amazon-apigateway-any-method"]["x-amazon-apigateway-integration"]
        assert path == "/$default", path
        resources[f"{name}Integration"] = {
            "Type": "AWS::ApiGatewayV2::Integration",
            "Properties": {
                "ApiId": {"Ref": name},
                "IntegrationType": "AWS_PROXY",
                "IntegrationUri": integration["uri"],
                "PayloadFormatVersion": integration["payloadFormatVersion"],
            },
        }
        resources[f"{name}Route"] = {
            "Type": "AWS::ApiGatewayV2::Route",
            "Properties": {
                "ApiId": {"Ref": name},
                "RouteKey": "$default",
                "Target": {"Fn::Sub": f"integrations/${{{name}Integration}}"},
            },
        }


def expanded(parameters):
    """The template as CloudFormation takes it, after the SAM transform."""
    with open(TEMPLATE, encoding="utf-8") as file:
        template = _with_artefacts(yaml_parse(file.read()))
    defaults = {name: one.get("Default") for name, one in template["Parameters"].items()}
    parameters = defaults | parameters
    numbers = {
        name: int(parameters[name]) for name, one in template["Parameters"].items() if one["Type"] == "Number"
    }
    template = transform(template, parameters, _NoManagedPolicies())
    resources = {name: _numbered(one, numbers) for name, one in template["Resources"].items() if _is_made(one)}
    for resource in resources.values():
        if resource["Type"] == "AWS::SecretsManager::Secret":
            _with_key(resource)
    _explicit_routes(resources)
    template["Resources"] = resources
    return template


def deploy(session, name, binaries, parameters):
    """Makes the stack and returns its outputs."""
    s3 = session.client("s3")
    _upload(s3, binaries)
    s3.put_object(Bucket=ARTEFACTS, Key="template.json", Body=json.dumps(expanded(parameters)))
    cloudformation = session.client("cloudformation")
    cloudformation.create_stack(
        StackName=name,
        TemplateURL=f"{s3.meta.endpoint_url}/{ARTEFACTS}/template.json",
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        Capabilities=["CAPABILITY_IAM"],
    )
    cloudformation.get_waiter("stack_create_complete").wait(
        StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )
    (stack,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
