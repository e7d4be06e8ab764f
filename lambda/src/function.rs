//! Runs a function: takes events from Lambda, one after the other, until the environment is shut down. It registers no
//! extension, which would lengthen every cold start: between events nothing is in progress or buffered, so that it may be
//! killed.

use crate::batch::Batches;
use axum::Router;
use axum::extract::ConnectInfo;
use axum::http::Request;
use lambda_http::request::RequestContext;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use tower::ServiceExt;

/// Settles batches of messages.
pub async fn settle(batches: Batches) -> Result<(), Error> {
    lambda_runtime::run(service_fn(|event| async { batches.settle(event).await.map_err(Error::from) })).await
}

/// Does `work` at every event, whatever the event says.
pub async fn repeat<F>(work: impl Fn() -> F) -> Result<(), Error>
where
    F: Future<Output = Result<(), Error>>,
{
    lambda_runtime::run(service_fn(|_: LambdaEvent<serde_json::Value>| work())).await
}

/// Answers requests of an API Gateway HTTP API (payload format 2.0).
pub async fn serve(routes: Router) -> Result<(), lambda_http::Error> {
    lambda_http::run(routes.map_request(with_address)).await
}

/// Adds the caller's address as the gateway saw it: throttling goes by it, and no header can change it.
fn with_address<B>(mut request: Request<B>) -> Request<B> {
    let address = match request.extensions().get::<RequestContext>() {
        Some(RequestContext::ApiGatewayV2(context)) => {
            context.http.source_ip.as_deref().and_then(|address| address.parse().ok())
        }
        _ => None,
    };
    let address = address.unwrap_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED));
    request.extensions_mut().insert(ConnectInfo(SocketAddr::new(address, 0)));
    request
}
