#!/bin/sh
# Builds the functions and deploys template.yaml to the AWS account and region that the environment names.
# Usage: [TAGS="KEY=VALUE..."] [ROLE=ARN] lambda/deploy/deploy.sh [STACK] [PARAMETER=VALUE...]   (default: semblante; parameters as
# template.yaml has them; TAGS: of every resource; ROLE: with which CloudFormation makes the resources)
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

architecture=$(python lambda/deploy/account.py "$stack" "$@")
case $architecture in
arm64) target=aarch64-unknown-linux-gnu flag=--arm64 ;;
x86_64) target=x86_64-unknown-linux-gnu flag=--x86-64 ;;
*) echo "deploy.sh: Architecture is arm64 or x86_64, not $architecture" >&2; exit 2 ;;
esac
command -v cc >/dev/null || { echo "deploy.sh: a C compiler is needed (Debian: apt-get install gcc)" >&2; exit 1; }
rustup target add "$target"

# The face engine's networks: used with FaceEngine=embedded, but SAM wants every folder that the template names.
[ -e models/ssd_mobilenetv1_model-weights_manifest.json ] || shared/vision/models.sh
layer=target/models-layer/models
mkdir -p "$layer"
for network in ssd_mobilenetv1 face_landmark_68 face_expression face_recognition; do
    cp models/"${network}"_model* "$layer/"
done

# `sam build` shows nothing of cargo for 15 minutes and writes to Cargo.lock; it takes what is built already.
cargo lambda build --release --locked "$flag" --bin ingest --bin worker --bin dead-letters --bin maintenance
sam build --parameter-overrides "Architecture=$architecture"
python lambda/deploy/bootstraps.py "$architecture" .aws-sam/build/*/bootstrap
set -- --parameter-overrides "Architecture=$architecture" "$@"
[ -z "${ROLE:-}" ] || set -- --role-arn "$ROLE" "$@"
# shellcheck disable=SC2086 # one word each
[ -z "${TAGS:-}" ] || set -- --tags $TAGS "$@"
sam deploy --stack-name "$stack" --capabilities CAPABILITY_IAM --resolve-s3 --no-fail-on-empty-changeset "$@"
# Sends photos, lets an alarm ring, and erases what it made.
exec python lambda/deploy/smoke.py "$stack"
