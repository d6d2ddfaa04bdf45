//! The rows of contributions: of numbers with a class label, or of text. Whoever has a file comes to
//! the same rows and the same content root, however the file spells them.
//!
//! | module | subject |
//! | --- | --- |
//! | `file` | the bytes of a file: read, decompressed, bounded |
//! | `format` | files that are of another format, and what to do about it |
//! | `records` | the records of CSV, with the lines on which they start |
//! | `header` | the names of columns, and first rows that may be headers |
//! | `number` | single cells: features, labels, and what is wrong with others |
//! | `characters` | characters that nobody sees |
//! | `read` | files of any kind: what they hold is decided by their content |
//! | `table` | rows of numbers from CSV, and the inputs of inferences |
//! | [`text`] | rows of text from JSON Lines and CSV |
//! | `dataset` | rows of either kind, in order, with their content root |
//! | `note` | what is worth knowing about rows that were read |
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

mod characters;
mod dataset;
pub mod error;
mod file;
mod format;
mod header;
mod note;
mod number;
mod read;
mod records;
mod table;
pub mod text;

pub use characters::is_blank;
pub use dataset::Dataset;
pub use error::{Error, Place, Result};
pub use file::without_mark;
pub use note::Note;
pub use read::{Reading, Schema};
pub use table::{check_input, parse_input, read_inputs, Input};
pub use text::{TextDataset, TextSchema};

/// The most classes that rows may have. A model has parameters for each class up to the largest label,
/// and with more of them a usual one would be larger than the chain takes.
pub const MAX_CLASSES: u32 = 10_000;

/// The largest label without a name: keeps a stray number from being taken for a class.
pub const MAX_LABEL: u32 = MAX_CLASSES - 1;

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
