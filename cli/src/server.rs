//! The HTTP server. It bounds the number of connections, and the time that a client may take for a request's head, for
//! reading an answer, and between two requests. The API bounds bodies and requests.

use crate::connections::{Busy, Connections, MaxConnections, Place};
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::body::{Body as HttpBody, Bytes, Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use std::convert::Infallible;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_io_timeout::TimeoutStream;
use tower::ServiceExt;

/// Bytes of a request's head.
const MAX_HEAD: usize = 32 << 10;
/// Bytes that a connection reads ahead, or buffers to write.
const MAX_AHEAD: usize = 64 << 10;
/// The pause after an accept that failed for lack of resources.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(1);

#[derive(Clone, Debug)]
pub struct Limits {
    /// Open connections; when all of them are busy, further ones wait in the system's backlog.
    pub connections: MaxConnections,
    /// From the start of a connection to the end of its first request's head.
    pub first_head: Duration,
    /// From the last answer to the end of the next request's head.
    pub head: Duration,
    /// How long a client may leave an answer unread.
    pub unread: Duration,
    /// How long requests in progress may take after the stop.
    pub drain: Duration,
}

impl Limits {
    pub fn new(connections: MaxConnections) -> Self {
        Limits {
            connections,
            first_head: Duration::from_secs(10),
            head: Duration::from_secs(30),
            unread: Duration::from_secs(30),
            drain: Duration::from_secs(3),
        }
    }
}

/// Answers requests until `stop` ends, then finishes those in progress, for as long as the drain allows.
pub async fn serve(
    listener: TcpListener,
    routes: Router,
    limits: Limits,
    stop: impl Future<Output = ()> + Send,
) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(limits.head);
    http.max_header_size(MAX_HEAD).max_buf_size(MAX_AHEAD);
    let places = Connections::new(limits.connections);
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        let (place, stream, peer) = tokio::select! {
            biased;
            () = &mut stop => break,
            accepted = accept(&listener, &places) => accepted,
        };
        let (served, routes) = (place.clone(), routes.clone());
        let service = service_fn(move |request| answer(routes.clone(), request, peer, served.begin()));
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(limits.unread));
        let io = TokioIo::new(Box::pin(stream));
        let connection = graceful.watch(http.serve_connection(io, service));
        connections.spawn(async move {
            tokio::select! {
                ended = connection => if let Err(error) = ended {
                    tracing::debug!(error = %error, "a connection broke off");
                },
                () = place.evicted() => tracing::debug!("an idle connection made room for another"),
                () = asks_nothing(&place, limits.first_head) => tracing::debug!("no request came"),
            }
        });
        while connections.try_join_next().is_some() {}
    }
    drop(listener);
    if tokio::time::timeout(limits.drain, graceful.shutdown()).await.is_err() {
        tracing::warn!("stopped before all requests were answered");
    }
    connections.shutdown().await;
}

/// Answers a request. The connection is busy until the answer is sent or given up.
async fn answer(
    routes: Router,
    mut request: Request<Incoming>,
    peer: SocketAddr,
    busy: Busy,
) -> Result<Response<AnswerBody>, Infallible> {
    request.extensions_mut().insert(ConnectInfo(peer));
    let response = routes.oneshot(request).await?;
    Ok(response.map(|body| AnswerBody { body, _busy: busy }))
}

/// An answer's body, which keeps its connection busy.
struct AnswerBody {
    body: Body,
    _busy: Busy,
}

impl HttpBody for AnswerBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Ends if no request has come within this time.
async fn asks_nothing(place: &Place, within: Duration) {
    tokio::time::sleep(within).await;
    if place.has_asked() {
        std::future::pending().await
    }
}

/// The next connection that gets a place. One whose address has its share of them is closed.
async fn accept(listener: &TcpListener, places: &Connections) -> (Arc<Place>, TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => match places.admit(peer.ip()).await {
                Some(place) => return (place, stream, peer),
                None => tracing::debug!(%peer, "a connection beyond its address's share was closed"),
            },
            // The client left before its connection was accepted.
            Err(error)
                if matches!(error.kind(), ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset) => {}
            Err(error) => {
                tracing::error!(error = %error, "cannot accept connections");
                tokio::time::sleep(PAUSE_AFTER_FAILURE).await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::get;
    use deadline::{LIMIT, within};
    use std::sync::Mutex;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::sync::Notify;
    use tokio::task::JoinHandle;

    /// A server whose one route waits for a signal.
    struct Running {
        address: SocketAddr,
        let_go: Arc<Notify>,
        entered: Arc<Notify>,
        came: Arc<Mutex<Vec<String>>>,
        stop: Arc<Notify>,
        server: JoinHandle<()>,
    }

    async fn start(limits: Limits) -> Running {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (let_go, entered, stop) = <(Arc<Notify>, Arc<Notify>, Arc<Notify>)>::default();
        let came = Arc::<Mutex<Vec<String>>>::default();
        let (go, inside, names) = (let_go.clone(), entered.clone(), came.clone());
        let wait = move |ConnectInfo(peer): ConnectInfo<SocketAddr>| async move {
            names.lock().unwrap().push(peer.to_string());
            inside.notify_one();
            go.notified().await;
            peer.to_string()
        };
        let routes = Router::new().route("/wait", get(wait)).route("/", get(|| async { "here" }));
        let stopped = stop.clone();
        let stopping = async move { stopped.notified().await };
        let server = tokio::spawn(serve(listener, routes, limits, stopping));
        Running { address, let_go, entered, came, stop, server }
    }

    fn limits() -> Limits {
        limited(10, 10)
    }

    fn limited(all: usize, per_address: usize) -> Limits {
        Limits::new(MaxConnections { all, per_address, unlimited: Vec::new() })
    }

    async fn send(address: SocketAddr, text: &str) -> TcpStream {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        stream
    }

    /// All that comes until the server closes.
    async fn rest(mut stream: TcpStream) -> String {
        let mut answer = Vec::new();
        let reading = stream.read_to_end(&mut answer);
        within(LIMIT, "the end of the connection", reading).await.unwrap();
        String::from_utf8(answer).unwrap()
    }

    const WAIT: &str = "GET /wait HTTP/1.1\r\nhost: x\r\n\r\n";

    #[tokio::test]
    async fn a_head_that_never_ends_and_a_client_that_is_idle_lose_their_connection() {
        let soon = Duration::from_millis(50);
        let running = start(Limits { head: soon, first_head: soon, ..limits() }).await;
        for text in ["", "GET / HTTP/1.1\r\nhost: x\r\nx-a: b\r\n", "GET / HTTP/1.1\r\nhost: x\r\n\r\n"] {
            let answer = rest(send(running.address, text).await).await;
            assert_eq!(answer.ends_with("here"), text.ends_with("\r\n\r\n"), "{text:?}: {answer:?}");
        }
    }

    #[tokio::test]
    async fn a_head_without_bounds_is_refused() {
        let running = start(limits()).await;
        let head = format!("GET / HTTP/1.1\r\nhost: x\r\nx-a: {}\r\n\r\n", "b".repeat(MAX_HEAD));
        let answer = rest(send(running.address, &head).await).await;
        assert!(answer.starts_with("HTTP/1.1 431"), "{answer:?}");
    }

    #[tokio::test]
    async fn connections_beyond_the_limit_wait_for_their_turn() {
        let running = start(limited(1, 10)).await;
        let first = send(running.address, WAIT).await;
        within(LIMIT, "the request", running.entered.notified()).await;
        let second = send(running.address, WAIT).await;
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        let name = |stream: &TcpStream| stream.local_addr().unwrap().to_string();
        assert_eq!(*running.came.lock().unwrap(), [name(&first)]);
        let names = [name(&first), name(&second)];
        drop(first);
        within(LIMIT, "the request", running.entered.notified()).await;
        assert_eq!(*running.came.lock().unwrap(), names);
    }

    #[tokio::test]
    async fn silent_connections_make_room_for_one_that_asks() {
        let running = start(limited(20, 10)).await;
        let busy = send(running.address, WAIT).await;
        within(LIMIT, "the request", running.entered.notified()).await;
        let mut silent = Vec::new();
        for _ in 0..40 {
            silent.push(send(running.address, "GET / HTTP/1.1\r\nhost").await);
        }
        let answer =
            rest(send(running.address, "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await).await;
        assert!(answer.ends_with("here"), "{answer}");
        assert_eq!(rest(silent.remove(0)).await, "", "the first of the silent ones was closed");
        running.let_go.notify_one();
        let peer = busy.local_addr().unwrap().to_string();
        let mut answer = vec![0; 1000];
        let mut busy = busy;
        let read = within(LIMIT, "the answer", busy.read(&mut answer)).await.unwrap();
        assert!(String::from_utf8_lossy(&answer[..read]).ends_with(&peer), "a busy connection stays");
    }

    #[tokio::test]
    async fn a_stop_ends_idle_connections_and_answers_what_is_under_way() {
        let running = start(limits()).await;
        let idle = send(running.address, "").await;
        let asked = send(running.address, WAIT).await;
        within(LIMIT, "the request", running.entered.notified()).await;
        running.stop.notify_one();
        assert_eq!(rest(idle).await, "");
        running.let_go.notify_one();
        let peer = asked.local_addr().unwrap().to_string();
        let answer = rest(asked).await;
        assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with(&peer), "{answer}");
        within(LIMIT, "the end of the server", running.server).await.unwrap();
        assert!(TcpStream::connect(running.address).await.is_err(), "the port is closed");
    }

    #[tokio::test]
    async fn a_stop_does_not_wait_for_ever() {
        let running = start(Limits { drain: Duration::from_millis(50), ..limits() }).await;
        let asked = send(running.address, WAIT).await;
        within(LIMIT, "the request", running.entered.notified()).await;
        running.stop.notify_one();
        within(LIMIT, "the end of the server", running.server).await.unwrap();
        assert_eq!(rest(asked).await, "");
    }
}
