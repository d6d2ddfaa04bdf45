//! What the binaries show people.
//!
//! | module | subject |
//! | --- | --- |
//! | `table` | tables and lists for a terminal |
//! | `console` | progress bars that tell rate, remaining time and memory; notes |
//! | [`markup`] | HTML and SVG in which data cannot bring markup of its own |
//! | [`memory`] | how much memory this process has taken |
//!
//! ```
//! use openledger_output::{table, Column};
//!
//! let shown = table(&[Column::Text("name"), Column::Number("rows")], vec![vec!["a".into(), "7".into()]]);
//! assert!(shown.contains("name") && shown.contains('7'));
//! ```

mod console;
pub mod markup;
pub mod memory;
mod table;

pub use console::Console;
pub use table::{fields, table, Column};
