//! The rows of contributions: of numbers with a class label, or of text. Whoever has a file comes to
//! the same rows and the same content root, however the file spells them.
//!
//! | module | subject |
//! | --- | --- |
//! | `read` | files of any kind: what they hold is decided by their content |
//! | `table` | rows of numbers from CSV, and the input of an inference |
//! | [`text`] | rows of text from JSON Lines and CSV |
//! | `dataset` | rows of either kind, in order, with their content root |
//! | [`error`] | what can be wrong with a file, and where |
//!
//! ```
//! use openledger_rows::{Dataset, Schema};
//!
//! let rows = Dataset::from_bytes(b"x,y,class\n0.5,1,0\n-2,3,1\n", &Schema::default())?;
//! assert_eq!((rows.len(), rows.columns(), rows.classes()), (2, 2, 2));
//! // Another spelling of the same numbers has the same root.
//! let again = Dataset::from_bytes(b"0.50,1e0,0\n-2.0,3,1\n", &Schema::default())?;
//! assert_eq!(again.content_root(), rows.content_root());
//! # Ok::<(), openledger_rows::Error>(())
//! ```

mod dataset;
pub mod error;
mod read;
mod table;
pub mod text;

pub use dataset::Dataset;
pub use error::{Error, Place, Result};
pub use read::Schema;
pub use table::parse_input;
pub use text::{TextDataset, TextSchema};

/// The largest label without a name: keeps a stray number from being taken for a class.
pub const MAX_LABEL: u32 = 65_535;

/// Keeps a message readable when a whole paragraph stands where a word or a number should.
fn shorten(text: &str) -> String {
	cut(text, 40)
}

/// A library's message, kept to a length worth reading.
fn shorten_message(error: &dyn std::fmt::Display) -> String {
	cut(&error.to_string(), 300)
}

fn cut(text: &str, characters: usize) -> String {
	match text.char_indices().nth(characters) {
		Some((end, _)) => format!("{}…", &text[..end]),
		None => text.to_owned(),
	}
}
