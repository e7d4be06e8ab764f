//! Journeys through the API over a socket, with the embedded stores and fake stages behind it.

mod changes;
mod client;
mod crowd;
mod description;
mod generated;
mod hostile;
mod journeys;
mod leaving;
mod objects;
mod odd;
mod promotion;
mod server;
mod slow;
mod traces;
mod traffic;
