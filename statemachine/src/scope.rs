//! The variables and `$states` that expressions see, and the evaluation of an expression.

use std::cell::Cell;
use std::rc::Rc;

use jsonata_core::evaluator::{Context, Evaluator, EvaluatorOptions};
use jsonata_core::value::JValue;
use serde_json::Value;

use crate::expression::Expression;
use crate::frame::Execution;
use crate::functions::{self, Draws};
use crate::limits::{EXPRESSION_DEPTH, EXPRESSION_MS, EXPRESSION_SEQUENCE};
use crate::seed::Seed;
use crate::strand::Strand;
use crate::time::{Millis, iso};
use crate::value::{from_jsonata, object, to_jsonata};

/// The variables and `$states` of one visit to a state. The evaluator is created by the first expression that needs
/// one, because most states need none.
pub(crate) struct Scope<'a> {
    pub execution: &'a Execution,
    pub started_at: Millis,
    pub strand: &'a Strand,
    /// Whether the state is of a kind that can retry.
    pub retries: bool,
    pub token: Option<&'a str>,
    pub result: Option<&'a Value>,
    pub error: Option<&'a Value>,
    pub seed: &'a Seed,
    pub draws: Rc<Cell<u64>>,
    pub now: Millis,
    pub evaluator: Option<Evaluator>,
}

/// The failed evaluation of a field.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct EvaluationError {
    pub location: String,
    /// The second sentence of the cause.
    pub message: String,
    /// Whether `EvaluationFailed` follows on the state's entry; recorded only for the time of a Wait state.
    pub follows_entry: bool,
    /// The value is larger than [`crate::MAX_OUTPUT_BYTES`].
    pub too_large: bool,
}

impl EvaluationError {
    pub fn new(location: &str, message: String) -> EvaluationError {
        EvaluationError { location: location.to_owned(), message, follows_entry: false, too_large: false }
    }

    fn too_large(location: &str) -> EvaluationError {
        EvaluationError { too_large: true, ..EvaluationError::new(location, String::new()) }
    }
}

impl Scope<'_> {
    pub fn evaluate(&mut self, expression: &Expression, location: &str) -> Result<Value, EvaluationError> {
        if let Some(value) = expression.names.as_deref().and_then(|names| self.look_up(names)) {
            return Ok(value);
        }
        let evaluated = self.evaluator().evaluate(&expression.ast, &JValue::Undefined);
        let problem = match evaluated {
            Ok(value) if value.is_undefined() => "returned nothing (undefined).".to_owned(),
            Ok(value) if value.is_function() || value.is_regex() => {
                "returned an unsupported result type.".to_owned()
            }
            Ok(value) => match from_jsonata(&value) {
                Some(value) => return Ok(value),
                None => return Err(EvaluationError::too_large(location)),
            },
            Err(error) => thrown(error.message()),
        };
        let source = &expression.source;
        Err(EvaluationError::new(
            location,
            format!("The JSONata expression '{source}' specified for the field '{location}' {problem}"),
        ))
    }

    /// Evaluates an expression whose value must have one type.
    pub fn evaluate_as<T>(
        &mut self,
        expression: &Expression,
        location: &str,
        wanted: &str,
        read: impl Fn(&Value) -> Option<T>,
    ) -> Result<T, EvaluationError> {
        let value = self.evaluate(expression, location)?;
        read(&value).ok_or_else(|| {
            let (source, found) = (&expression.source, type_name(&value));
            EvaluationError::new(
                location,
                format!(
                    "The JSONata expression '{source}' specified for the field '{location}' returned an unexpected \
                     result type. Expected '{wanted}', but was '{found}' for value: {value}"
                ),
            )
        })
    }

    /// The value of a chain of names, the most frequent kind of expression. The evaluator handles the rest: undefined
    /// values, arrays (JSONata maps over them) and other parts of the context.
    fn look_up(&self, names: &[String]) -> Option<Value> {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let (from, rest) = match names.as_slice() {
            ["states", "input", rest @ ..] => (&self.strand.input, rest),
            ["states", "result", rest @ ..] => (self.result?, rest),
            ["states", "errorOutput", rest @ ..] => (self.error?, rest),
            ["states", "context", "Execution", "Input", rest @ ..] => (&self.execution.input, rest),
            ["states", "context", "Task", "Token"] => return self.token.map(Value::from),
            ["states", ..] | [] => return None,
            [variable, rest @ ..] => (self.strand.variables.get(*variable)?, rest),
        };
        let found = rest.iter().try_fold(from, |value, name| value.as_object()?.get(*name))?;
        (!found.is_array()).then(|| found.clone())
    }

    fn evaluator(&mut self) -> &mut Evaluator {
        if self.evaluator.is_none() {
            self.evaluator = Some(self.build());
        }
        self.evaluator.as_mut().expect("created above")
    }

    fn build(&self) -> Evaluator {
        let mut bindings = Context::new();
        for (name, value) in &self.strand.variables {
            bindings.bind(name.clone(), to_jsonata(value));
        }
        bindings.bind("states".to_owned(), self.states());
        let options = EvaluatorOptions {
            timeout_ms: Some(EXPRESSION_MS),
            cancel: None,
            max_stack_depth: Some(EXPRESSION_DEPTH),
            max_sequence_length: Some(EXPRESSION_SEQUENCE),
        };
        let mut evaluator = Evaluator::with_options(bindings, options);
        functions::register(&mut evaluator, Draws::new(self.seed.clone(), Rc::clone(&self.draws)), self.now);
        evaluator
    }

    /// `$states`: `{input, context, result?, errorOutput?}`.
    fn states(&self) -> JValue {
        let mut parts = vec![
            ("input", to_jsonata(&self.strand.input)),
            ("context", context(self.execution, self.started_at, self.strand, self.retries, self.token)),
        ];
        if let Some(result) = self.result {
            parts.push(("result", to_jsonata(result)));
        }
        if let Some(error) = self.error {
            parts.push(("errorOutput", to_jsonata(error)));
        }
        object(parts)
    }
}

/// `$states.context`: `{Execution, State, StateMachine, Task?}`; Task only while a task's fields are evaluated.
/// Recordings show RetryCount only for states that can retry, and no RedriveCount for express executions.
fn context(
    execution: &Execution,
    started_at: Millis,
    strand: &Strand,
    retries: bool,
    token: Option<&str>,
) -> JValue {
    let mut run = vec![
        ("Id", execution.id.as_str().into()),
        ("Input", to_jsonata(&execution.input)),
        ("Name", execution.name.as_str().into()),
        ("RoleArn", execution.role_arn.as_deref().map_or(JValue::Null, JValue::from)),
        ("StartTime", iso(started_at).into()),
    ];
    if !execution.id.contains(":express:") {
        run.push(("RedriveCount", JValue::from(0_u64)));
    }
    let mut state =
        vec![("Name", strand.state.as_str().into()), ("EnteredTime", iso(strand.entered_at).into())];
    if retries {
        state.push(("RetryCount", JValue::from(strand.retries.values().sum::<u64>())));
    }
    let machine =
        [("Id", execution.machine_id.as_str().into()), ("Name", execution.machine_name.as_str().into())];
    let mut parts =
        vec![("Execution", object(run)), ("State", object(state)), ("StateMachine", object(machine))];
    if let Some(token) = token {
        parts.push(("Task", object([("Token", token.into())])));
    }
    object(parts)
}

/// The evaluator's errors in the words of Step Functions, where they differ, by the code that they begin with.
const WORDINGS: [(&str, &str); 5] = [
    ("T1006", ". T1006: Attempted to invoke a non-function"),
    ("T1008", ". T1008: Attempted to partially apply a non-function"),
    (
        "D1011",
        ": Stack overflow error: Check for non-terminating recursive function. Consider rewriting as tail-recursive.",
    ),
    ("D1012", ": Expression evaluation timeout: Check for infinite loop"),
    ("D2015", ": Expression evaluation memory limit exceeded: Check for excessive memory usage"),
];

/// The sentence about an expression that threw an error. A message with a code is a sentence of its own.
fn thrown(message: &str) -> String {
    let begin = "threw an error during evaluation";
    if let Some((_, wording)) = WORDINGS.iter().find(|(code, _)| message.starts_with(code)) {
        return format!("{begin}{wording}");
    }
    let coded = message.split_once(':').is_some_and(|(code, _)| {
        code.len() == 5 && code.is_char_boundary(1) && code[1..].bytes().all(|digit| digit.is_ascii_digit())
    });
    format!("{begin}{} {message}", if coded { '.' } else { ':' })
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
