//! template.yaml follows the domain's names and AWS's advice, and each function may do what it calls and no more.

mod alarms;
mod charges;
mod company;
mod document;
mod documentation;
mod names;
mod policies;
mod queues;
mod tables;
