//! The Choice state.

use serde_json::Value;

use crate::definition::{Choice, Condition, Next, State};
use crate::exit::Way;
use crate::failure::{Failure, NO_CHOICE};
use crate::run::{Extra, Flow, Run, in_state};
use crate::scope::{EvaluationError, Scope};
use crate::strand::Strand;

impl Run<'_> {
    /// Takes the first rule that holds, with the rule's Assign and Output; else Default, with the state's own.
    pub fn choose(&mut self, state: &State, choice: &Choice, strand: &mut Strand) -> Flow {
        let chosen = match self.evaluate(state, strand, Extra::default(), |scope| choice.first(scope)) {
            Ok(chosen) => chosen,
            Err(error) => return Flow::Failed(self.evaluation_failed(strand, error)),
        };
        let next;
        let way = match (chosen, &choice.default) {
            (Some(index), _) => {
                let rule = &choice.rules[index];
                next = Next::State(rule.next.clone());
                let prefix = format!("Choices[{index}]/");
                Way { assign: &rule.assign, output: rule.output.as_ref(), next: &next, prefix }
            }
            (None, Some(default)) => {
                next = Next::State(default.clone());
                Way {
                    assign: &state.assign,
                    output: state.output.as_ref(),
                    next: &next,
                    prefix: String::new(),
                }
            }
            (None, None) => return Flow::Failed(no_choice(strand)),
        };
        self.leave(state, strand, way, Extra::default()).unwrap_or_else(Flow::Failed)
    }
}

fn no_choice(strand: &Strand) -> Failure {
    let cause = "Failed to transition out of the state. The state does not point to a next state.";
    Failure::new(NO_CHOICE, format!("{} {cause}", in_state(strand)))
}

impl Choice {
    fn first(&self, scope: &mut Scope) -> Result<Option<usize>, EvaluationError> {
        for (index, rule) in self.rules.iter().enumerate() {
            let holds = match &rule.condition {
                Condition::Literal(holds) => *holds,
                Condition::Expression(condition) => {
                    let location = format!("Choices[{index}]/Condition");
                    scope.evaluate_as(condition, &location, "boolean", Value::as_bool)?
                }
            };
            if holds {
                return Ok(Some(index));
            }
        }
        Ok(None)
    }
}
