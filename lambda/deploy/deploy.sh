#!/bin/sh
# Builds the functions and deploys template.yaml to the AWS account and region that the environment names.
# Usage: lambda/deploy/deploy.sh [STACK] [PARAMETER=VALUE...]   (default: semblante; parameters as template.yaml has them)
#
# A parameter that is not given stays as it is deployed; at the first time it is the template's default.
set -eu
cd "$(dirname "$0")/../.."
stack=${1:-semblante}
[ $# -gt 0 ] && shift
command -v rustup >/dev/null || { echo "deploy.sh: rustup is needed (https://rustup.rs)" >&2; exit 1; }

tests/aws/venv.sh lambda/deploy
PATH="$PWD/lambda/deploy/.venv/bin:$PATH"
export SAM_CLI_TELEMETRY=0
# Not every one of these programs reads both.
[ -z "${AWS_REGION:-}" ] || export AWS_DEFAULT_REGION="$AWS_REGION"

architecture=$(python lambda/deploy/account.py "$stack")
for given in "$@"; do
    case $given in Architecture=*) architecture=${given#*=} ;; esac
done
case $architecture in
arm64) rustup target add aarch64-unknown-linux-gnu ;;
x86_64) rustup target add x86_64-unknown-linux-gnu ;;
*) echo "deploy.sh: Architecture is arm64 or x86_64, not $architecture" >&2; exit 2 ;;
esac

# The face engine's networks: used with FaceEngine=embedded, but SAM wants every folder that the template names.
[ -e models/ssd_mobilenetv1_model-weights_manifest.json ] || shared/vision/models.sh
layer=target/models-layer/models
mkdir -p "$layer"
for network in ssd_mobilenetv1 face_landmark_68 face_expression face_recognition; do
    cp models/"${network}"_model* "$layer/"
done

sam build --beta-features --parameter-overrides "Architecture=$architecture"
sam deploy --stack-name "$stack" --capabilities CAPABILITY_IAM --resolve-s3 --no-fail-on-empty-changeset \
    --parameter-overrides "Architecture=$architecture" "$@"
