//! What expressions see, and how one is evaluated.

use std::cell::Cell;
use std::rc::Rc;

use jsonata_core::evaluator::{Context, Evaluator, EvaluatorOptions};
use jsonata_core::value::JValue;
use serde_json::Value;

use crate::context::context;
use crate::expression::Expression;
use crate::frame::Execution;
use crate::functions::{self, Draws};
use crate::limits::{EXPRESSION_DEPTH, EXPRESSION_MS, EXPRESSION_SEQUENCE};
use crate::seed::Seed;
use crate::strand::Strand;
use crate::time::Millis;
use crate::value::{from_jsonata, object, to_jsonata};

/// The variables and `$states` of one visit to a state. The evaluator is made for the first expression, so that a
/// state without expressions costs nothing.
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

/// A field that has no value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct EvaluationError {
    pub location: String,
    /// The sentence of the cause that says what is wrong.
    pub message: String,
    /// Whether its event follows on the state's entry. Recorded so for a Wait's time, and not for other fields.
    pub follows_entry: bool,
    /// There is a value, but it is larger than a state may put out.
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
        let said = match evaluated {
            Ok(value) if value.is_undefined() => "returned nothing (undefined).".to_owned(),
            Ok(value) if value.is_function() || value.is_regex() => {
                "returned an unsupported result type.".to_owned()
            }
            Ok(value) => match from_jsonata(&value) {
                Some(value) => return Ok(value),
                None => return Err(EvaluationError::too_large(location)),
            },
            Err(error) => format!("threw an error during evaluation. {}", wording(error.message())),
        };
        let source = &expression.source;
        Err(EvaluationError::new(
            location,
            format!("The JSONata expression '{source}' specified for the field '{location}' {said}"),
        ))
    }

    /// Evaluates an expression whose value has to be of one type.
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
                     result type. Expected '{wanted}', but was '{found}'."
                ),
            )
        })
    }

    /// What a chain of names stands for, where that needs no evaluator: most expressions of a definition are such
    /// chains. Everything else is left to the evaluator: what is undefined, arrays (which JSONata maps over), and the
    /// rest of the context.
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
        self.evaluator.as_mut().expect("it was made above")
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

/// An evaluator's message as Step Functions words it, where that is known to differ.
fn wording(message: &str) -> &str {
    let fixed =
        ["T1006: Attempted to invoke a non-function", "T1008: Attempted to partially apply a non-function"];
    fixed.into_iter().find(|fixed| message.starts_with(fixed)).unwrap_or(message)
}

pub(crate) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
