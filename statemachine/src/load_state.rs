//! Reading one state of a definition.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::definition::{
    Assign, Choice, Condition, Fail, Kind, Machine, Next, Parallel, Rule, Seconds, State, Task,
};
use crate::expression::{Expression, Str};
use crate::fields::{Fields, LoadError, LoadErrorKind, Path, unknown_field};
use crate::limits::{MAX_NAME_CHARS, MAX_PARALLEL_DEPTH};
use crate::load_fields::{seconds, template, text, wait};
use crate::load_handlers::retriers;
use crate::message::ARGUMENTS;
use crate::template::Template;

const SEND: &str = "arn:aws:states:::sqs:sendMessage";
const SEND_AND_WAIT: &str = "arn:aws:states:::sqs:sendMessage.waitForTaskToken";

/// The query language of a state. Only the parts of a JSONPath state that have no paths in them are supported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    JsonPath,
    Jsonata,
}

/// Fields of JSONPath states, which Step Functions has and this interpreter has not.
const JSON_PATH_FIELDS: &[&str] = &[
    "InputPath",
    "OutputPath",
    "ResultPath",
    "Parameters",
    "ResultSelector",
    "Result",
    "SecondsPath",
    "TimestampPath",
    "TimeoutSecondsPath",
    "HeartbeatSecondsPath",
    "ErrorPath",
    "CausePath",
    "Credentials",
];

pub(crate) fn language(fields: &mut Fields, outer: Language) -> Result<Language, LoadError> {
    let path = fields.path.field("QueryLanguage");
    match fields.string("QueryLanguage")? {
        None => Ok(outer),
        Some("JSONata") => Ok(Language::Jsonata),
        Some("JSONPath") if outer == Language::Jsonata => {
            Err(path
                .schema("'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine"))
        }
        Some("JSONPath") => Ok(Language::JsonPath),
        Some(other) => Err(path.schema(format!("Value '{other}' is not one of [JSONPath, JSONata]"))),
    }
}

/// Which resources a Task may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Resources {
    /// Those that the interpreter can call.
    Callable,
    /// Any: nothing is going to be called.
    Any,
}

/// Reads the states of a definition.
pub(crate) struct Reader {
    /// The states' names of the whole definition so far.
    names: BTreeSet<String>,
    /// How many Parallel states are around what is read.
    depth: usize,
    resources: Resources,
}

impl Reader {
    pub fn new(resources: Resources) -> Reader {
        Reader { names: BTreeSet::new(), depth: 0, resources }
    }

    /// Names are unique in the whole definition, branches included.
    pub fn name(&mut self, name: &str, path: &Path) -> Result<(), LoadError> {
        if name.is_empty() || name.chars().count() > MAX_NAME_CHARS {
            return Err(path.schema("A state's name has 1 to 80 characters"));
        }
        if !self.names.insert(name.to_owned()) {
            return Err(path.error(LoadErrorKind::DuplicateName, format!("Duplicate state name: {name}")));
        }
        Ok(())
    }

    pub fn state(&mut self, value: &Value, path: Path, machine: Language) -> Result<State, LoadError> {
        let mut fields = Fields::of(value, path)?;
        let kind = fields.required_string("Type")?;
        let language = language(&mut fields, machine)?;
        fields.string("Comment")?;
        let kind = match kind {
            "Task" => Kind::Task(Box::new(self.task(&mut fields, language)?)),
            "Choice" => Kind::Choice(self.choice(&mut fields, language)?),
            "Parallel" => Kind::Parallel(self.parallel(&mut fields, language)?),
            "Wait" => Kind::Wait(wait(&mut fields, language)?),
            "Pass" => Kind::Pass,
            "Succeed" => Kind::Succeed,
            "Fail" => Kind::Fail(Fail {
                error: text(&mut fields, "Error", language)?,
                cause: text(&mut fields, "Cause", language)?,
            }),
            "Map" => {
                return Err(fields.path.field("Type").unsupported("state type Map is not supported here"));
            }
            other => {
                return Err(fields.path.field("Type").schema(format!("State type '{other}' does not exist")));
            }
        };
        let next = next(&mut fields, &kind)?;
        let fails = matches!(kind, Kind::Fail(_));
        let assigns = !fails && !matches!(kind, Kind::Succeed);
        let assign = if assigns { self.assign(&mut fields, language)? } else { Assign::new() };
        let output = if fails { None } else { template(&mut fields, "Output", language)? };
        let unsupported = if language == Language::JsonPath { JSON_PATH_FIELDS } else { &["Credentials"] };
        fields.finish(unsupported)?;
        Ok(State { kind, next, assign, output })
    }

    fn task(&mut self, fields: &mut Fields, language: Language) -> Result<Task, LoadError> {
        let resource = fields.required_string("Resource")?.to_owned();
        let path = fields.path.field("Resource");
        let callback = match resource.as_str() {
            SEND => false,
            SEND_AND_WAIT => true,
            other if other.starts_with("arn:") && self.resources == Resources::Any => false,
            other if other.starts_with("arn:") => {
                return Err(path
                    .unsupported("only sqs:sendMessage and sqs:sendMessage.waitForTaskToken are supported"));
            }
            _ => return Err(path.schema("Value is not a valid resource ARN")),
        };
        self.check_arguments(fields)?;
        let task = Task {
            resource,
            callback,
            arguments: template(fields, "Arguments", language)?,
            timeout: seconds(fields, "TimeoutSeconds", 1, language)?,
            heartbeat: seconds(fields, "HeartbeatSeconds", 1, language)?,
            retry: retriers(fields)?,
            catch: self.catchers(fields, language)?,
        };
        if let (Some(Seconds::Literal(timeout)), Some(Seconds::Literal(heartbeat))) =
            (&task.timeout, &task.heartbeat)
            && heartbeat >= timeout
        {
            return Err(fields.path.schema("HeartbeatSeconds must be smaller than TimeoutSeconds"));
        }
        Ok(task)
    }

    /// Arguments that are written out name nothing but what a message has.
    fn check_arguments(&self, fields: &Fields) -> Result<(), LoadError> {
        let path = fields.path.field("Arguments");
        let Some(Value::Object(map)) = fields.peek("Arguments") else { return Ok(()) };
        let unknown = map.keys().find(|name| !ARGUMENTS.contains(&name.as_str()));
        match unknown.filter(|_| self.resources == Resources::Callable) {
            Some(name) => Err(path.field(name).schema(unknown_field(name))),
            None => Ok(()),
        }
    }

    fn choice(&mut self, fields: &mut Fields, language: Language) -> Result<Choice, LoadError> {
        fields.require(&["Choices"])?;
        let path = fields.path.field("Choices");
        let choices = fields.array("Choices")?.map_or(&[][..], Vec::as_slice);
        if choices.is_empty() {
            return Err(path.schema("At least one choice rule is required"));
        }
        let rules = choices.iter().enumerate().map(|(i, rule)| self.rule(rule, path.index(i), language));
        Ok(Choice {
            rules: rules.collect::<Result<_, _>>()?,
            default: fields.string("Default")?.map(str::to_owned),
        })
    }

    fn rule(&mut self, value: &Value, path: Path, language: Language) -> Result<Rule, LoadError> {
        let mut fields = Fields::of(value, path)?;
        if language == Language::JsonPath {
            return Err(fields.path.unsupported("choice rules of JSONPath are not supported here"));
        }
        fields.require(&["Condition", "Next"])?;
        fields.string("Comment")?;
        let path = fields.path.field("Condition");
        let condition = match fields.get("Condition") {
            Some(Value::Bool(value)) => Condition::Literal(*value),
            Some(Value::String(text)) => match Expression::read(text, &path)? {
                Str::Expression(expression) => Condition::Expression(expression),
                Str::Literal(_) => {
                    return Err(path.schema("Condition must be a boolean or a JSONata expression"));
                }
            },
            _ => return Err(path.schema("Condition must be a boolean or a JSONata expression")),
        };
        let rule = Rule {
            condition,
            next: fields.required_string("Next")?.to_owned(),
            assign: self.assign(&mut fields, language)?,
            output: template(&mut fields, "Output", language)?,
        };
        fields.finish(&[])?;
        Ok(rule)
    }

    fn parallel(&mut self, fields: &mut Fields, language: Language) -> Result<Parallel, LoadError> {
        fields.require(&["Branches"])?;
        let path = fields.path.field("Branches");
        let values = fields.array("Branches")?.map_or(&[][..], Vec::as_slice);
        if values.is_empty() {
            return Err(path.schema("At least one branch is required"));
        }
        let branches =
            values.iter().enumerate().map(|(i, value)| self.branch(value, path.index(i), language));
        Ok(Parallel {
            branches: branches.collect::<Result<_, _>>()?,
            arguments: template(fields, "Arguments", language)?,
            retry: retriers(fields)?,
            catch: self.catchers(fields, language)?,
        })
    }

    fn branch(&mut self, value: &Value, path: Path, language: Language) -> Result<Machine, LoadError> {
        let mut fields = Fields::of(value, path)?;
        fields.string("Comment")?;
        if self.depth == MAX_PARALLEL_DEPTH {
            return Err(fields.path.unsupported("Parallel states are nested too deep"));
        }
        self.depth += 1;
        let machine = crate::load::machine(&mut fields, language, self)?;
        self.depth -= 1;
        fields.finish(&["ProcessorConfig"])?;
        Ok(machine)
    }

    pub fn assign(&self, fields: &mut Fields, language: Language) -> Result<Assign, LoadError> {
        let path = fields.path.field("Assign");
        let map = match fields.get("Assign") {
            None => return Ok(Assign::new()),
            Some(Value::Object(map)) => map,
            Some(_) => return Err(path.schema("Value is not of type object")),
        };
        for name in map.keys() {
            let path = path.field(name);
            if language == Language::JsonPath && name.ends_with(".$") {
                return Err(path.unsupported("JSONPath is not supported here"));
            }
            if !is_variable_name(name) {
                return Err(path.schema(format!("Invalid variable name: {name}")));
            }
        }
        let path_free = language == Language::Jsonata || !map.values().any(holds_paths);
        if !path_free {
            return Err(path.unsupported("JSONPath is not supported here"));
        }
        if language == Language::JsonPath {
            return Ok(map
                .iter()
                .map(|(name, value)| (name.clone(), Template::Literal(value.clone())))
                .collect());
        }
        Template::read_fields(map, &path)
    }
}

/// An identifier of at most 80 characters that is not `states`, which is reserved.
fn is_variable_name(name: &str) -> bool {
    let mut chars = name.chars();
    let first = chars.next().is_some_and(|c| c.is_alphabetic() || c == '_');
    first && chars.all(|c| c.is_alphanumeric() || c == '_') && name.chars().count() <= 80 && name != "states"
}

/// Whether a value of a JSONPath state has a field `x.$` in it.
fn holds_paths(value: &Value) -> bool {
    match value {
        Value::Object(map) => map.iter().any(|(name, value)| name.ends_with(".$") || holds_paths(value)),
        Value::Array(items) => items.iter().any(holds_paths),
        _ => false,
    }
}

fn next(fields: &mut Fields, kind: &Kind) -> Result<Next, LoadError> {
    if matches!(kind, Kind::Choice(_) | Kind::Succeed | Kind::Fail(_)) {
        return Ok(Next::End);
    }
    let next = fields.string("Next")?;
    let end = fields.bool("End")?;
    match (next, end) {
        (Some(next), None | Some(false)) => Ok(Next::State(next.to_owned())),
        (None, Some(true)) => Ok(Next::End),
        (Some(_), Some(true)) => Err(fields.path.schema("State has both 'Next' and 'End'")),
        (None, _) => Err(fields.path.schema("These fields are required: [Next]")),
    }
}
