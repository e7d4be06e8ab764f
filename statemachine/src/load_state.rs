//! Reading the states of a machine, and the machines of their branches.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::definition::{Assign, Choice, Fail, Kind, Machine, Parallel, Rule, State, Task};
use crate::expression::{Expression, Str};
use crate::fields::{Fields, Language};
use crate::graph::check_graph;
use crate::limits::{MAX_NAME_CHARS, MAX_PARALLEL_DEPTH};
use crate::load_error::{LoadError, LoadErrorKind, Path};
use crate::load_fields::{assign, catchers, language, next, retriers, seconds, template, text, wait};
use crate::message::ARGUMENTS;
use crate::template::{Condition, Seconds};

const SEND: &str = "arn:aws:states:::sqs:sendMessage";
const SEND_AND_WAIT: &str = "arn:aws:states:::sqs:sendMessage.waitForTaskToken";

/// Reads the machines of one definition.
#[derive(Default)]
pub(crate) struct Reader {
    /// The names of all states read so far.
    names: BTreeSet<String>,
    /// The number of Parallel states around the current machine.
    depth: usize,
}

impl Reader {
    /// Reads StartAt and States of a machine or of a branch.
    pub fn machine(&mut self, fields: &mut Fields, language: Language) -> Result<Machine, LoadError> {
        fields.require(&["States", "StartAt"])?;
        let start_at = fields.required_string("StartAt")?.to_owned();
        let path = fields.path.field("States");
        let Some(Value::Object(states)) = fields.get("States") else {
            return Err(path.schema("Value is not of type object"));
        };
        if states.is_empty() {
            return Err(path.schema("Value cannot be empty"));
        }
        let mut machine = Machine { start_at, states: BTreeMap::new() };
        for (name, value) in states {
            self.name(name, &path.field(name))?;
            machine.states.insert(name.clone(), self.state(value, path.field(name), language)?);
        }
        check_graph(&machine, &fields.path)?;
        Ok(machine)
    }

    /// Names are unique in the whole definition, branches included.
    fn name(&mut self, name: &str, path: &Path) -> Result<(), LoadError> {
        if name.is_empty() || name.chars().count() > MAX_NAME_CHARS {
            return Err(path.schema("A state's name has 1 to 80 characters"));
        }
        if !self.names.insert(name.to_owned()) {
            return Err(path.error(LoadErrorKind::DuplicateName, format!("Duplicate state name: {name}")));
        }
        Ok(())
    }

    fn state(&mut self, value: &Value, path: Path, machine: Language) -> Result<State, LoadError> {
        let mut fields = Fields::of(value, path)?;
        let kind = fields.required_string("Type")?;
        let language = language(&mut fields, machine)?;
        fields.string("Comment")?;
        let kind = match kind {
            "Task" => Kind::Task(Box::new(task(&mut fields, language)?)),
            "Choice" => Kind::Choice(choice(&mut fields, language)?),
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
            _ => {
                let types = "[Task, Wait, Pass, Succeed, Fail, Choice, Parallel, Map]";
                let problem = format!("The field 'Type' should have one of these values: {types}");
                return Err(fields.path.field("Type").schema(problem));
            }
        };
        let next = next(&mut fields, &kind)?;
        let fails = matches!(kind, Kind::Fail(_));
        let assigns = !fails && !matches!(kind, Kind::Succeed);
        let assign = if assigns { assign(&mut fields, language)? } else { Assign::new() };
        let output = if fails { None } else { template(&mut fields, "Output", language)? };
        let mut unsupported = vec!["Credentials"];
        if language == Language::JsonPath {
            unsupported.extend(Language::JsonPath.own_fields());
        }
        fields.finish(language, &unsupported)?;
        Ok(State { kind, next, assign, output })
    }

    fn parallel(&mut self, fields: &mut Fields, language: Language) -> Result<Parallel, LoadError> {
        fields.require(&["Branches"])?;
        let path = fields.path.field("Branches");
        let values = fields.array("Branches")?.map_or(&[][..], Vec::as_slice);
        if values.is_empty() {
            return Err(path.schema("Value cannot be empty"));
        }
        let branches =
            values.iter().enumerate().map(|(i, value)| self.branch(value, path.index(i), language));
        Ok(Parallel {
            branches: branches.collect::<Result<_, _>>()?,
            arguments: template(fields, "Arguments", language)?,
            retry: retriers(fields, language)?,
            catch: catchers(fields, language)?,
        })
    }

    fn branch(&mut self, value: &Value, path: Path, language: Language) -> Result<Machine, LoadError> {
        let mut fields = Fields::of(value, path)?;
        fields.string("Comment")?;
        if self.depth == MAX_PARALLEL_DEPTH {
            return Err(fields.path.unsupported("Parallel states are nested too deep"));
        }
        self.depth += 1;
        let machine = self.machine(&mut fields, language)?;
        self.depth -= 1;
        fields.finish(language, &["ProcessorConfig"])?;
        Ok(machine)
    }
}

fn task(fields: &mut Fields, language: Language) -> Result<Task, LoadError> {
    let path = fields.path.field("Resource");
    let callback = match fields.required_string("Resource")? {
        SEND => false,
        SEND_AND_WAIT => true,
        other if other.starts_with("arn:") => {
            return Err(
                path.unsupported("only sqs:sendMessage and sqs:sendMessage.waitForTaskToken are supported")
            );
        }
        other => return Err(path.schema(unknown_resource(other))),
    };
    check_arguments(fields)?;
    let task = Task {
        callback,
        arguments: template(fields, "Arguments", language)?,
        timeout: seconds(fields, "TimeoutSeconds", 1, language)?,
        heartbeat: seconds(fields, "HeartbeatSeconds", 1, language)?,
        retry: retriers(fields, language)?,
        catch: catchers(fields, language)?,
    };
    if let (Some(Seconds::Literal(timeout)), Some(Seconds::Literal(heartbeat))) =
        (&task.timeout, &task.heartbeat)
        && heartbeat >= timeout
    {
        return Err(fields.path.schema("HeartbeatSeconds must be smaller than TimeoutSeconds"));
    }
    Ok(task)
}

fn unknown_resource(resource: &str) -> String {
    format!(
        "The resource provided {resource} is not recognized. The value is not a valid resource ARN, or the resource is \
         not available in this region."
    )
}

/// Literal Arguments may only have the fields that a message has.
fn check_arguments(fields: &Fields) -> Result<(), LoadError> {
    let Some(Value::Object(map)) = fields.peek("Arguments") else { return Ok(()) };
    match map.keys().find(|name| !ARGUMENTS.contains(&name.as_str())) {
        Some(name) => {
            let problem = format!("The field '{name}' is not supported by Step Functions");
            Err(fields.path.field("Arguments").schema(problem))
        }
        None => Ok(()),
    }
}

fn choice(fields: &mut Fields, language: Language) -> Result<Choice, LoadError> {
    fields.require(&["Choices"])?;
    let path = fields.path.field("Choices");
    let choices = fields.array("Choices")?.map_or(&[][..], Vec::as_slice);
    if choices.is_empty() {
        return Err(path.schema("Value cannot be empty"));
    }
    let rules = choices.iter().enumerate().map(|(i, value)| rule(value, path.index(i), language));
    Ok(Choice {
        rules: rules.collect::<Result<_, _>>()?,
        default: fields.string("Default")?.map(str::to_owned),
    })
}

fn rule(value: &Value, path: Path, language: Language) -> Result<Rule, LoadError> {
    let mut fields = Fields::of(value, path)?;
    if language == Language::JsonPath {
        return Err(fields.path.unsupported("choice rules of JSONPath are not supported here"));
    }
    fields.require(&["Condition", "Next"])?;
    fields.string("Comment")?;
    let rule = Rule {
        condition: condition(&mut fields)?,
        next: fields.required_string("Next")?.to_owned(),
        assign: assign(&mut fields, language)?,
        output: template(&mut fields, "Output", language)?,
    };
    fields.finish(language, &[])?;
    Ok(rule)
}

fn condition(fields: &mut Fields) -> Result<Condition, LoadError> {
    let path = fields.path.field("Condition");
    let expression = match fields.get("Condition") {
        Some(Value::Bool(value)) => return Ok(Condition::Literal(*value)),
        Some(Value::String(text)) => Expression::read(text, &path)?,
        _ => Str::Literal(""),
    };
    match expression {
        Str::Expression(expression) => Ok(Condition::Expression(expression)),
        Str::Literal(_) => Err(path.schema("Condition must be a boolean or a JSONata expression")),
    }
}
