//! Traffic that is switched off.

use crate::client::{Client, PHOTO, send};
use crate::server::Server;
use domain::QueueName;
use domain::ports::queue::NewMessage;
use reqwest::Method;

#[tokio::test]
async fn everything_but_health_is_refused_and_the_queues_go_on() {
    let server = Server::with(|settings| settings.accept_traffic = false).await;
    let ana = Client::of(&server, "ana@acme");
    for (method, path) in [
        (Method::GET, "/gallery"),
        (Method::GET, "/uploads/00000000-0000-0000-0000-000000000007"),
        (Method::GET, "/openapi.json"),
        (Method::PUT, "/objects/user-uploads/acme/ana/x?expires=1&signature=x"),
        (Method::GET, "/no-such-route"),
        (Method::DELETE, "/gallery"),
    ] {
        let refused = send(ana.ask(method, path)).await;
        refused.assert_problem(503, "traffic_off");
        assert_eq!(refused.header("retry-after"), "300", "{path}");
    }
    ana.declare(PHOTO).await.assert_problem(503, "traffic_off");
    for path in ["/healthz", "/readyz"] {
        assert_eq!(ana.get(path).await.status, 200, "{path}");
    }
    let message = NewMessage::new(r#"{"Event":"s3:TestEvent"}"#, None);
    server.ports.queue.send(QueueName::UPLOADS, vec![message]).await.expect("it is sent");
    server.drain().await;
    assert_eq!(server.waiting(QueueName::UPLOADS).await, 0);
}
