//! What hostile clients cost others: uploads of one user, at a fixed rate, on a quiet server and beside an attack. Attackers
//! are users with a token of their own, or strangers, at other addresses of the loopback network.

use crate::machine::{self, folder};
use crate::pipeline::client::Client;
use crate::pipeline::photos;
use crate::pipeline::server::{Program, Server};
use crate::report::{Report, ms};
use anyhow::{Context, ensure};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, sleep};

const CORES: &str = "0,1";
const SLOW_BODIES: u8 = 13;
const SILENT_SOCKETS: u16 = 540;
/// Fewer than the server lets one address have.
const SOCKETS_PER_ADDRESS: u16 = 60;
const ORDERS: usize = 1_500;
/// Concurrent orders of the attacker.
const ORDERERS: usize = 16;
/// The attack is under way after this time.
const LEAD: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(100);
const BETWEEN_BYTES: Duration = Duration::from_secs(5);
/// The bounds of the other user's uploads.
const MAX_OF_QUIET: f64 = 1.5;
const MAX_REFUSED: f64 = 0.0;

#[derive(clap::Args)]
pub struct Arguments {
    /// Seconds of uploads beside each attack
    #[arg(long, default_value_t = 20)]
    seconds: u64,
    /// Uploads a second of the other user
    #[arg(long, default_value_t = 5)]
    rate: u64,
}

#[derive(Clone, Copy, PartialEq)]
enum Attack {
    None,
    SlowBodies,
    SilentSockets,
    Orders,
}

impl Attack {
    const ALL: [Attack; 4] = [Attack::None, Attack::SlowBodies, Attack::SilentSockets, Attack::Orders];

    fn name(self) -> String {
        match self {
            Attack::None => "quiet".into(),
            Attack::SlowBodies => format!("{SLOW_BODIES} slow bodies"),
            Attack::SilentSockets => format!("{SILENT_SOCKETS} sockets without a head"),
            Attack::Orders => format!("{ORDERS} orders of one user"),
        }
    }
}

/// The other user's uploads during one attack.
struct Uploads {
    sorted: Vec<Duration>,
    refused: usize,
}

impl Uploads {
    fn at(&self, share: f64) -> f64 {
        ms(self.sorted[((self.sorted.len() - 1) as f64 * share) as usize])
    }
}

pub fn run(arguments: &Arguments, report: &mut Report) -> anyhow::Result<()> {
    println!("{}", machine::description()?);
    report.add("load average before", machine::load_average()?, "");
    let program = Program::find()?;
    let runtime = Runtime::new()?;
    let count = usize::try_from(arguments.seconds * arguments.rate)?;
    let photos = photos::varied(count)?;
    let mut quiet = f64::NAN;
    for attack in Attack::ALL {
        let data = folder()?;
        let server = Server::start(&program, data.path(), CORES)?;
        let uploads = runtime.block_on(beside(attack, &server.url, &photos, arguments.rate, report))?;
        let name = attack.name();
        report.add(format!("{name}: upload of another user, median"), uploads.at(0.5), "ms");
        let p99 = uploads.at(0.99);
        report.add("… p99", p99, "ms");
        match attack {
            Attack::None => quiet = p99,
            _ => report.at_most(&format!("{name}: p99 against quiet"), p99 / quiet, "x", MAX_OF_QUIET),
        }
        report.at_most(&format!("{name}: failed uploads, 503 too"), uploads.refused as f64, "", MAX_REFUSED);
        report.add("… peak memory of the server", server.peak_memory_mb()?, "MB");
    }
    report.add("load average after", machine::load_average()?, "");
    Ok(())
}

/// Uploads while the attack goes on.
async fn beside(
    attack: Attack,
    url: &str,
    photos: &[Vec<u8>],
    rate: u64,
    report: &mut Report,
) -> anyhow::Result<Uploads> {
    let other = Client::sign_up(url).await?;
    let attacker = Client::sign_up_as(url, "eve@example.com").await?;
    let server: SocketAddr = url.trim_start_matches("http://").parse()?;
    let mut attackers = JoinSet::new();
    match attack {
        Attack::None => {}
        Attack::SlowBodies => {
            for _ in 0..SLOW_BODIES {
                attackers.spawn(slow_body(server, attacker.token().to_owned()));
            }
        }
        Attack::SilentSockets => {
            for number in 0..SILENT_SOCKETS {
                attackers.spawn(silent(server, 2 + (number / SOCKETS_PER_ADDRESS) as u8));
            }
        }
        Attack::Orders => {
            let accepted = attacker.order_all(ORDERS, ORDERERS).await;
            report.add(format!("{}: accepted", attack.name()), accepted as f64, "");
        }
    }
    if !attackers.is_empty() {
        sleep(LEAD).await;
    }
    let uploads = upload(&other, photos, rate).await;
    attackers.shutdown().await;
    uploads
}

/// Uploads at a fixed rate; each time is counted from when the upload was due.
async fn upload(client: &Client, photos: &[Vec<u8>], rate: u64) -> anyhow::Result<Uploads> {
    let mut ticks = tokio::time::interval(Duration::from_secs(1) / u32::try_from(rate)?);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut uploading = JoinSet::new();
    for photo in photos {
        let due: Instant = ticks.tick().await.into_std();
        let (client, photo) = (client.clone(), photo.clone());
        uploading.spawn(async move { client.upload(&photo).await.map(|_| due.elapsed()) });
    }
    let (mut sorted, mut refused) = (Vec::new(), 0);
    while let Some(uploaded) = uploading.join_next().await {
        match uploaded? {
            Ok(time) => sorted.push(time),
            Err(error) => {
                eprintln!("an upload failed: {error:#}");
                refused += 1;
            }
        }
    }
    ensure!(!sorted.is_empty(), "no upload succeeded");
    sorted.sort_unstable();
    Ok(Uploads { sorted, refused })
}

/// A connection from 127.0.0.`host`.
async fn connect(server: SocketAddr, host: u8) -> anyhow::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, 0, 0, host)), 0))?;
    socket.connect(server).await.context("the server does not listen")
}

/// Begins a head and waits until the server closes; again and again.
async fn silent(server: SocketAddr, host: u8) {
    loop {
        if let Ok(mut stream) = connect(server, host).await
            && stream.write_all(b"GET / HTTP/1.1\r\nhost:").await.is_ok()
        {
            read_to_the_end(&mut stream).await;
        }
        sleep(PAUSE).await;
    }
}

/// Announces 10 MiB and sends a byte every 5 s; again and again.
async fn slow_body(server: SocketAddr, token: String) {
    let head = format!(
        "POST /detect-faces HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\ncontent-length: 10485760\r\n\r\n"
    );
    loop {
        if let Ok(mut stream) = connect(server, 2).await
            && stream.write_all(head.as_bytes()).await.is_ok()
        {
            while stream.write_all(b"\xff").await.is_ok() {
                sleep(BETWEEN_BYTES).await;
            }
        }
        sleep(PAUSE).await;
    }
}

/// Whatever comes is of no interest, nor how it ends.
async fn read_to_the_end(stream: &mut TcpStream) {
    let mut bytes = [0; 1024];
    while stream.read(&mut bytes).await.is_ok_and(|read| read > 0) {}
}
