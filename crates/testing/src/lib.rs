//! What the tests of several crates share. It is nobody's dependency but in tests, and depends on no
//! crate of this workspace, so all of them can use it.
//!
//! | module | subject |
//! | --- | --- |
//! | [`mutations`] | gives readers of files damaged copies of valid ones |
//!
//! ```
//! use openledger_testing::mutations::attack;
//!
//! // A reader may refuse what is damaged; if it panics, the attack does too.
//! attack("number", b"12", |bytes| {
//!     std::str::from_utf8(bytes).is_ok_and(|text| text.parse::<u32>().is_ok())
//! });
//! ```

pub mod mutations;

use flate2::{write::GzEncoder, Compression};
use std::io::Write;

/// The bytes compressed with gzip.
///
/// # Panics
/// Never: writing to memory cannot fail.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
	let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
	encoder.write_all(bytes).unwrap();
	encoder.finish().unwrap()
}
