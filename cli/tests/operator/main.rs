//! The operators' commands as processes, while `semblante up` runs and while it does not.

mod accounts;
mod dead_letters;
mod documentation;
mod imports;
mod installation;
mod maintaining;
mod making;
mod output;
mod reaching;
mod reading;
mod replays;
mod server;
