//! The settings of the command and of the functions: one table of keys, one reader. [`keys`] is the table.

mod choices;
pub mod keys;
mod layer;
mod reader;
mod resources;
mod values;

pub use choices::{
    Backend, DemoUser, Durability, Enrolment, Entrance, FaceEngine, LogFormat, LogLevel, Provider,
};
pub use layer::{Given, Layer, NotUnicode, Origin, PREFIX, environment};
pub use reader::{Problem, Problems, Reader, Row};
pub use resources::Resources;
pub use values::Expected;
