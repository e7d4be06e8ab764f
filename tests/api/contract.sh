#!/bin/sh
# Lints /openapi.json of a fresh `semblante up`, built here, makes clients of it that run a photo's whole way, and sends
# requests made from it: their answers must be those that it describes. Usage: tests/api/contract.sh [OPTION OF SCHEMATHESIS]...
set -eu
cd "$(dirname "$0")"
here=$PWD root=$(cd ../.. && pwd)
../aws/venv.sh "$PWD"
cmp -s package-lock.json node_modules/.lock || { npm ci --silent --no-audit --no-fund; cp package-lock.json node_modules/.lock; }
cargo build --workspace --all-features --locked
folder=$(mktemp -d)
models=${SEMBLANTE_MODELS_DIR:-$root/models}
up=
trap '[ -z "$up" ] || { kill "$up"; wait "$up" || true; }; cd /; rm -rf "$folder"' EXIT

"${CARGO_TARGET_DIR:-$root/target}/debug/semblante" up --listen 127.0.0.1:0 --data "$folder/data" \
    --set "models_dir=$models" --set trusted_proxies=127.0.0.1 \
    >"$folder/out" 2>"$folder/log" &
up=$!
url=
tries=0
while [ -z "$url" ]; do
    tries=$((tries + 1))
    kill -0 "$up" 2>/dev/null && [ "$tries" -le 1200 ] || { tail -n 5 "$folder/log" >&2; echo "the server does not listen" >&2; exit 1; }
    sleep 0.1
    url=$(sed -n 's/.*listening on \(http[^ ]*\).*/\1/p' "$folder/out" | head -n 1)
done
ask() { # method, path, JSON
    curl --silent --show-error --fail --max-time 60 --request "$1" --header 'content-type: application/json' --data "$3" "$url$2"
}
ask GET /openapi.json '' >"$folder/openapi.json"
passed=0 failed=0
count() { # exit code, name
    if [ "$1" = 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "$2 failed" >&2; fi
}

# A warning counts as a failure. A broken document must be refused, or the lint proves nothing.
lint() { npx --no-install redocly lint --format=stylish --max-problems=200 "$1" >"$folder/lint" 2>&1 && ! grep -q '^You have .* warning' "$folder/lint"; }
lint "$folder/openapi.json" && code=0 || { code=1; cat "$folder/lint" >&2; }
count "$code" "redocly lint"
sed 's/"operationId"/"operation"/g' "$folder/openapi.json" >"$folder/broken.json"
lint "$folder/broken.json" && code=1 || code=0
count "$code" "redocly lint of a broken document"

# Two clients made of the document. Their compilers check the programs, and the programs run.
clients=$folder/clients
mkdir "$clients"
cp journey.ts journey.py python-client.yaml tsconfig.json package.json "$clients"
ln -s "$here/node_modules" "$clients/node_modules"
ln -s "$models" "$clients/models"
sed -n '/^```ts$/,/^```$/p' "$root/README.md" | grep -v '^```' >"$clients/gallery.ts"
run() { # name, command: in the folder of the clients
    name=$1
    shift
    (cd "$clients" && "$@") >"$folder/run" 2>&1 && code=0 || code=1
    cat "$folder/run"
    count "$code" "$name"
}
photo=$models/sample1.jpg
bin=$here/.venv/bin
typescript() {
    npx --no-install openapi-typescript "$folder/openapi.json" --output semblante.d.ts && npx --no-install tsc --project .
}
python_client() {
    PATH=$bin:$PATH openapi-python-client generate --path "$folder/openapi.json" --output-path semblante --meta none \
        --config python-client.yaml --fail-on-warning
}
run "the TypeScript client" typescript
run "the TypeScript client's journey" node journey.js "$url" "$photo"
run "the Python client" python_client
# The generated code is checked as far as the program uses its types.
run "the types of the Python journey" "$bin/mypy" --strict --follow-imports=silent journey.py
run "the Python client's journey" "$bin/python" journey.py "$url" "$photo"
# A client that asks for what is not there must not compile.
sed 's/limit: 5/limits: 5/' journey.ts >"$clients/wrong.ts"
(cd "$clients" && npx --no-install tsc --project . --noEmit >/dev/null) && code=1 || code=0
rm "$clients/wrong.ts"
count "$code" "a wrong TypeScript program"

token=$(ask POST /api/v1/auth/signup '{"email":"ana@example.org","password":"Secreta123"}' | sed 's/.*"access_token":"\([^"]*\)".*/\1/')
# The README's program.
readme() {
    lines=$(wc -l <gallery.ts)
    [ "$lines" -ge 5 ] && [ "$lines" -le 10 ] && BASE=$url TOKEN=$token node gallery.js >gallery.txt &&
        grep "generated_image: 'http" gallery.txt && grep "melody: 'http" gallery.txt
}
run "the README's program" readme
# Not checked: that every request that fits a schema is accepted. No schema says which cursors, pictures, passwords and
# signatures mean something. Not sent: the end of the session that sends the requests.
# It leaves what it learned in its directory.
cd "$folder"
TOKEN=$token PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$here SCHEMATHESIS_HOOKS=hooks \
    "$here/.venv/bin/schemathesis" --config-file "$here/schemathesis.toml" run "$url/openapi.json" --exclude-operation-id log_out --checks all --exclude-checks positive_data_acceptance \
    --max-examples 25 --seed 1 --generation-database none --request-timeout 60 --max-response-time 30 --no-color "$@" >"$folder/schemathesis" && code=0 || code=$?
tail -n 40 "$folder/schemathesis"
[ "$code" = 0 ] || cat "$folder/schemathesis" >&2
count "$code" schemathesis
# The document's links lead from answers to uploads that exist.
grep -E '"route":"/uploads/\{id\}[^"]*","status":(200|202|204|409),' "$folder/log" >/dev/null && code=0 || code=1
count "$code" "links to uploads"
kill -0 "$up" 2>/dev/null && code=0 || code=1
count "$code" "the server after it all"

end=ok
[ "$failed" -eq 0 ] || end=FAILED
echo "test result: $end. $passed passed; $failed failed;"
[ "$failed" -eq 0 ]
