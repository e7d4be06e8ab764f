//! The open connections of a server: how many there are, whose they are, and which of them are idle. One that comes when all
//! places are taken gets the place of the connection that has been idle the longest.

use domain::network::{Network, customer};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// File descriptors that the process needs beside those of its connections: database, logs, sockets.
const RESERVED_DESCRIPTORS: u64 = 40;
/// A connection has its socket, and perhaps a file that it reads or writes.
const DESCRIPTORS_PER_CONNECTION: u64 = 2;

#[derive(Clone, Debug)]
pub struct MaxConnections {
    pub all: usize,
    /// Of one IPv4 address, or of one IPv6 network of 64 bits.
    pub per_address: usize,
    /// Networks without a limit per address: proxies, which connect for all their callers.
    pub unlimited: Vec<Network>,
}

pub struct Connections(Arc<Shared>);

struct Shared {
    max: MaxConnections,
    open: Mutex<Open>,
    /// A place or an idle connection has become available.
    available: Notify,
}

#[derive(Default)]
struct Open {
    by_id: HashMap<u64, Connection>,
    by_address: HashMap<IpAddr, usize>,
    /// The idle connections by when they became idle.
    idle: BTreeMap<u64, u64>,
    /// The last number that was given to a connection or to a moment.
    last: u64,
}

struct Connection {
    address: IpAddr,
    idle_since: Option<u64>,
    has_asked: bool,
    evicted: Arc<Notify>,
}

/// The place of one connection, free again on drop.
pub struct Place {
    connections: Arc<Shared>,
    id: u64,
    evicted: Arc<Notify>,
}

/// A request in progress. The connection is idle again on drop.
pub struct Busy(Arc<Place>);

impl Connections {
    pub fn new(max: MaxConnections) -> Self {
        Connections(Arc::new(Shared { max, open: Mutex::default(), available: Notify::new() }))
    }

    /// A place for a connection from `peer`, once there is one. None: its address has its share, and none of them is idle.
    pub async fn admit(&self, peer: IpAddr) -> Option<Arc<Place>> {
        loop {
            // Registered before the look, so that what becomes available in between is noticed.
            let available = self.0.available.notified();
            match self.0.try_admit(peer) {
                Ok(place) => return place.map(Arc::new),
                Err(Full) => available.await,
            }
        }
    }
}

/// All places are taken by connections with requests in progress.
struct Full;

impl Shared {
    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn try_admit(self: &Arc<Self>, peer: IpAddr) -> Result<Option<Place>, Full> {
        let address = customer(peer);
        let is_limited = !self.max.unlimited.iter().any(|network| network.contains(peer));
        let mut open = self.open();
        let of_address = open.by_address.get(&address).copied().unwrap_or(0);
        if is_limited && of_address >= self.max.per_address && !open.evict(Some(address)) {
            return Ok(None);
        }
        if open.by_id.len() >= self.max.all && !open.evict(None) {
            return Err(Full);
        }
        let evicted = Arc::new(Notify::new());
        let id = open.add(address, evicted.clone());
        Ok(Some(Place { connections: self.clone(), id, evicted }))
    }
}

impl Open {
    fn number(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    /// Adds an idle connection: its first request is still to come.
    fn add(&mut self, address: IpAddr, evicted: Arc<Notify>) -> u64 {
        let id = self.number();
        self.idle.insert(id, id);
        *self.by_address.entry(address).or_default() += 1;
        self.by_id.insert(id, Connection { address, idle_since: Some(id), has_asked: false, evicted });
        id
    }

    /// Closes the connection that has been idle the longest, of this address if one is given. False if none is idle.
    fn evict(&mut self, address: Option<IpAddr>) -> bool {
        let is_of = |id: &u64| address.is_none_or(|address| self.by_id[id].address == address);
        let Some(id) = self.idle.values().copied().find(is_of) else { return false };
        if let Some(connection) = self.remove(id) {
            connection.evicted.notify_one();
        }
        true
    }

    fn remove(&mut self, id: u64) -> Option<Connection> {
        let connection = self.by_id.remove(&id)?;
        if let Some(since) = connection.idle_since {
            self.idle.remove(&since);
        }
        if let Some(count) = self.by_address.get_mut(&connection.address) {
            *count -= 1;
            if *count == 0 {
                self.by_address.remove(&connection.address);
            }
        }
        Some(connection)
    }
}

impl Place {
    /// Begins a request. The connection is busy until the result is dropped.
    pub fn begin(self: &Arc<Self>) -> Busy {
        let mut open = self.connections.open();
        if let Some(connection) = open.by_id.get_mut(&self.id) {
            connection.has_asked = true;
            if let Some(since) = connection.idle_since.take() {
                open.idle.remove(&since);
            }
        }
        Busy(self.clone())
    }

    /// Whether a request has come.
    pub fn has_asked(&self) -> bool {
        self.connections.open().by_id.get(&self.id).is_some_and(|connection| connection.has_asked)
    }

    /// Waits until another connection gets this place.
    pub async fn evicted(&self) {
        self.evicted.notified().await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.connections.open().remove(self.id);
        self.connections.available.notify_one();
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let Place { connections, id, .. } = &*self.0;
        let mut open = connections.open();
        let now = open.number();
        if let Some(connection) = open.by_id.get_mut(id) {
            connection.idle_since = Some(now);
            open.idle.insert(now, *id);
        }
        drop(open);
        connections.available.notify_one();
    }
}

/// As many of the `wanted` connections as the process may have files open. The limit is raised as far as it may be.
pub fn within_file_limit(wanted: usize) -> usize {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current != maximum
        && let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })
    {
        tracing::debug!(%error, "the limit of open files could not be raised");
    }
    cap(wanted, getrlimit(Resource::Nofile).current)
}

/// `descriptors`: None for no limit.
fn cap(wanted: usize, descriptors: Option<u64>) -> usize {
    let Some(descriptors) = descriptors else { return wanted };
    let connections = descriptors.saturating_sub(RESERVED_DESCRIPTORS) / DESCRIPTORS_PER_CONNECTION;
    wanted.min(usize::try_from(connections).unwrap_or(usize::MAX).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANA: &str = "192.0.2.1";
    const BEN: &str = "192.0.2.2";

    fn connections(all: usize, per_address: usize) -> Connections {
        let unlimited = vec!["10.0.0.0/8".parse().unwrap()];
        Connections::new(MaxConnections { all, per_address, unlimited })
    }

    fn admit(connections: &Connections, peer: &str) -> Result<Option<Arc<Place>>, Full> {
        connections.0.try_admit(peer.parse().unwrap()).map(|place| place.map(Arc::new))
    }

    fn place(connections: &Connections, peer: &str) -> Arc<Place> {
        admit(connections, peer).ok().flatten().expect("there is a place")
    }

    fn is_open(place: &Place) -> bool {
        place.connections.open().by_id.contains_key(&place.id)
    }

    #[test]
    fn the_longest_idle_connection_makes_room_and_busy_ones_stay() {
        let connections = connections(3, 3);
        let [first, second, third] = [ANA; 3].map(|peer| place(&connections, peer));
        let busy = first.begin();
        let fourth = place(&connections, BEN);
        assert!(is_open(&first) && !is_open(&second) && is_open(&third) && is_open(&fourth));
        drop(busy);
        let all_busy = [first.begin(), third.begin(), fourth.begin()];
        assert!(matches!(admit(&connections, BEN), Err(Full)));
        drop(all_busy);
        let fifth = place(&connections, BEN);
        assert!(!is_open(&first), "it became idle first");
        assert!(is_open(&third) && is_open(&fourth) && is_open(&fifth));
    }

    #[test]
    fn an_address_has_its_share_and_takes_room_from_itself_only() {
        let connections = connections(10, 2);
        let other = place(&connections, BEN);
        let [first, second] = [ANA; 2].map(|peer| place(&connections, peer));
        let third = place(&connections, ANA);
        assert!(is_open(&other) && !is_open(&first) && is_open(&second));
        let _busy = [second.begin(), third.begin()];
        assert!(admit(&connections, ANA).ok().flatten().is_none(), "refused");
        assert!(admit(&connections, BEN).ok().flatten().is_some());
        let proxied = ["10.0.0.1"; 5].map(|peer| place(&connections, peer));
        assert!(proxied.iter().all(|place| is_open(place)), "a proxy has no share");
        let one_network = ["2001:db8::1", "2001:db8::2"].map(|peer| place(&connections, peer).begin());
        assert!(admit(&connections, "2001:db8::3").ok().flatten().is_none());
        drop(one_network);
    }

    #[test]
    fn places_are_free_again() {
        let connections = connections(2, 2);
        for _ in 0..5 {
            let places = [ANA, BEN].map(|peer| place(&connections, peer).begin());
            assert!(matches!(admit(&connections, ANA), Err(Full)));
            drop(places);
        }
        let open = connections.0.open();
        assert!(open.by_id.is_empty() && open.by_address.is_empty() && open.idle.is_empty());
    }

    #[tokio::test]
    async fn a_connection_waits_until_another_is_idle() {
        let connections = Arc::new(connections(1, 1));
        let first = place(&connections, ANA);
        let busy = first.begin();
        let waiting = connections.clone();
        let second = tokio::spawn(async move { waiting.admit(BEN.parse().unwrap()).await });
        tokio::task::yield_now().await;
        assert!(!second.is_finished());
        drop(busy);
        assert!(second.await.unwrap().is_some());
        first.evicted().await;
    }

    #[test]
    fn open_files_bound_the_connections() {
        for (descriptors, expected) in
            [(None, 512), (Some(1_048_576), 512), (Some(1024), 492), (Some(64), 12), (Some(20), 1)]
        {
            assert_eq!(cap(512, descriptors), expected, "{descriptors:?}");
        }
    }
}
