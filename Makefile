# The commands that README.md names. Each target installs what it needs, or says what is missing.
.POSIX:
.PHONY: help run demo test check bench models validate deploy smoke teardown audit

STACK = semblante
PARAMETERS =
TAGS =
ROLE =
DATA = keep

help: ## Print this list
	@grep -E '^[a-z]+:.*## ' Makefile | sed 's/:.*## /	/' | expand -t 12

run: ## Start everything on this machine: http://127.0.0.1:8080, data in ./data
	@test -e models/sample1.jpg || shared/vision/models.sh
	cargo run --release --locked -p semblante -- up

demo: ## Send a sample photo through the whole pipeline; the results are in target/demo
	@test -e models/sample1.jpg || shared/vision/models.sh
	cargo run --release --locked -p semblante -- process models/sample1.jpg --out target/demo

test: ## Run all tests, as CI does
	@tests/run.sh test

check: ## Run format, lints, unit tests and tidy: for every day
	@tests/run.sh check

bench: ## Run a benchmark: make bench BENCH="queue --json FILE"; list them: make bench
	cargo build --release --locked -p bench -p semblante
	target/release/bench $(BENCH)

models: ## Fetch the face engine's networks into models/ (needs npm)
	@shared/vision/models.sh

validate: ## Check template.yaml and the state machine, without an account (needs python3 and npm)
	@tests/aws/validate.sh

deploy: ## Deploy to AWS: make deploy [STACK=semblante] [PARAMETERS="FaceEngine=embedded ..."]
	@TAGS="$(TAGS)" ROLE="$(ROLE)" lambda/deploy/deploy.sh $(STACK) $(PARAMETERS)

smoke: ## Show that a deployed stack works: make smoke [STACK=semblante]
	@lambda/deploy/smoke.sh $(STACK)

teardown: ## Remove what `make deploy` made: make teardown [STACK=semblante] [DATA=delete]
	@DATA=$(DATA) lambda/deploy/teardown.sh $(STACK)

audit: ## Check licences, bans and security advisories (needs cargo-deny and a network)
	@cargo deny --version >/dev/null 2>&1 || { echo "make audit: needs cargo-deny: cargo install --locked cargo-deny" >&2; exit 1; }
	cargo deny --locked --all-features check
