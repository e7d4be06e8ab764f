//! The HTTP API behind an API Gateway HTTP API (payload format 2.0).

use crate::function;
use axum::Router;
use axum::extract::ConnectInfo;
use axum::http::Request;
use lambda_http::Error;
use lambda_http::request::RequestContext;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use tower::ServiceExt;

/// Answers requests.
pub async fn serve(routes: Router) -> Result<(), Error> {
    function::hear_of_shutdown().await;
    lambda_http::run(routes.map_request(with_address)).await
}

/// Tells the routes who is calling, as the gateway saw him: throttling goes by it, and no header can change it.
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
