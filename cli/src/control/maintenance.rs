//! `POST /keep`: a round of the maintenance by hand, or only what it would do.

use super::{Answer, Shared};
use axum::Json;
use axum::extract::State;
use ingest::maintenance::{Action, Finding};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A round.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// Whether nothing is changed.
    pub dry_run: bool,
}

pub async fn post(State(control): Shared, Json(order): Json<Order>) -> Answer {
    let round = control.maintenance.round(None, order.dry_run).await?;
    let findings: Vec<Value> = round.findings.iter().filter_map(told).collect();
    Ok(Json(json!({
        "looked_at": round.findings.len(),
        "findings": findings,
        "more": round.next.is_some(),
        "dry_run": order.dry_run,
    })))
}

/// A finding; None where nothing was needed.
fn told(finding: &Finding) -> Option<Value> {
    let (care, detail) = match &finding.action {
        Ok(Action::Nothing) => return None,
        Ok(action) => (action.as_str(), action.detail()),
        Err(error) => ("failed", Some(error.to_string())),
    };
    Some(json!({
        "tenant_id": finding.tenant_id,
        "upload_id": finding.upload_id,
        "care": care,
        "detail": detail,
    }))
}
