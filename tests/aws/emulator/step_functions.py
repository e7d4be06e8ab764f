"""Repairs of ministack 1.5.33's Step Functions, as far as the pipeline needs them to be as on AWS.

- A branch of a Parallel has a context of its own: with a shared one, branches send each other's task tokens.
- Each try of a task has a token of its own.
- `Output` and `Assign` of a Parallel count.
- A token that was answered, stopped or timed out is `TaskTimedOut`; one that was never issued, `InvalidToken`.
- Stopping an execution kills its tokens and ends its thread; what was stopped does not fail afterwards.
- StartExecution again with the same input, while the execution runs, is success.
- Of an execution that failed there is an error and a cause, and no output.
"""

import contextvars
import json

from ministack.services import stepfunctions as sfn

_execution = contextvars.ContextVar("execution", default=None)
# Token -> ARN of its execution, for every token ever issued.
_issued = {}


def install():
    """Puts the repairs in place."""
    for name in (
        "_run_execution",
        "_run_sub_machine",
        "_run_parallel_branches",
        "_apply_jsonata_arguments",
        "_invoke_with_callback",
        "_send_task_success",
        "_send_task_failure",
        "_start_execution",
        "_stop_execution",
        "_fail_execution",
        "_describe_execution",
    ):
        setattr(sfn, name, globals()[name](getattr(sfn, name)))


def _run_execution(original):
    def run(arn):
        _execution.set(arn)
        original(arn)

    return run


def _run_sub_machine(original):
    def run(states, start_at, input_data, execution, context):
        own = {**context, "variables": dict(context["variables"])}
        return original(states, start_at, input_data, execution, own)

    return run


def _run_parallel_branches(original):
    def run(state, raw_input, execution, context):
        results, following = original(state, raw_input, execution, context)
        if sfn._state_query_language(state, context) != "JSONata":
            return results, following
        output = sfn._apply_jsonata_output(state, raw_input, context, result=results, default=results)
        sfn._apply_state_assign(state, raw_input, context, result=results)
        return output, following

    return run


def _apply_jsonata_arguments(original):
    def apply(state, raw_input, context=None):
        if ".waitForTaskToken" in state.get("Resource", ""):
            context["Task"] = {"Token": sfn.new_uuid()}
        return original(state, raw_input, context)

    return apply


def _invoke_with_callback(original):
    def invoke(resource, input_data, token, state):
        _issued[token] = _execution.get()
        return original(resource, input_data, token, state)

    return invoke


def _answer(original):
    def answer(data):
        token = data.get("taskToken")
        if token not in _issued:
            return sfn.error_response_json("InvalidToken", "Invalid Token: 'Invalid token'", 400)
        waiting = sfn._task_tokens.get(token)
        if waiting is None or waiting["event"].is_set():
            message = "Task Timed Out: 'Provided task does not exist anymore'"
            return sfn.error_response_json("TaskTimedOut", message, 400)
        return original(data)

    return answer


_send_task_success = _answer
_send_task_failure = _answer


def _start_execution(original):
    def start(data):
        running = sfn._executions.get(_execution_arn(data))
        if running and running["status"] == "RUNNING" and _same_json(running["input"], data.get("input", "{}")):
            answer = {"executionArn": running["executionArn"], "startDate": running["startDate"]}
            return sfn.json_response(answer)
        return original(data)

    return start


def _execution_arn(data):
    machine = data.get("stateMachineArn", "").replace(":stateMachine:", ":execution:")
    return f"{machine}:{data.get('name')}"


def _same_json(one, other):
    try:
        return json.loads(one) == json.loads(other)
    except ValueError:
        return one == other


def _stop_execution(original):
    def stop(data):
        answer = original(data)
        arn = data.get("executionArn")
        for token in [token for token, owner in _issued.items() if owner == arn]:
            waiting = sfn._task_tokens.get(token)
            if waiting and not waiting["event"].is_set():
                waiting["error"] = {"Error": "States.TaskFailed", "Cause": "the execution was stopped"}
                waiting["event"].set()
        return answer

    return stop


def _fail_execution(original):
    def fail(execution, error, cause):
        if execution["status"] == "RUNNING":
            original(execution, error, cause)

    return fail


def _describe_execution(original):
    def describe(data):
        status, headers, body = original(data)
        described = json.loads(body)
        if described.get("status") == "FAILED":
            described["output"] = None
        return status, headers, json.dumps(described).encode()

    return describe
