//! Executions, of the pipeline's own definition.

use crate::account::Account;
use aws::{Orchestrator, Queue};
use domain::contract::orchestrator::{self as suite, Runtime};

async fn ports() -> (Orchestrator, Queue) {
    let account = Account::with_state_machine().await;
    let orchestrator = Orchestrator::new(&account.clients, &account.resources);
    (orchestrator, Queue::new(&account.clients, &account.resources))
}

fn runtime(ports: &(Orchestrator, Queue)) -> Runtime<'_> {
    Runtime { orchestrator: &ports.0, queue: &ports.1 }
}

#[tokio::test]
async fn runs_every_stage() {
    suite::runs_every_stage(runtime(&ports().await)).await;
}

#[tokio::test]
async fn a_failed_stage_goes_to_the_closing_one() {
    suite::a_failed_stage_goes_to_the_closing_one(runtime(&ports().await)).await;
}

#[tokio::test]
async fn branches_fail_alone() {
    suite::branches_fail_alone(runtime(&ports().await)).await;
}

#[tokio::test]
async fn a_failed_closing_is_told() {
    suite::a_failed_closing_is_told(runtime(&ports().await)).await;
}

#[tokio::test]
async fn starting_again_is_harmless() {
    suite::starting_again_is_harmless(runtime(&ports().await)).await;
}

#[tokio::test]
async fn stopping_kills_the_tokens() {
    suite::stopping_kills_the_tokens(runtime(&ports().await)).await;
}

#[tokio::test]
async fn garbage_is_no_token() {
    suite::garbage_is_no_token(runtime(&ports().await)).await;
}
