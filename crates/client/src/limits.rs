//! The chain's limits on lengths, checked before anything is sent: what is too long would be refused,
//! and its transaction fee paid all the same.

use crate::error::{Error, Result};

/// Something whose length a constant of the runtime limits.
#[derive(Clone, Copy, Debug)]
pub struct Length {
	/// What it is, as the caller's messages name it.
	pub what: &'static str,
	/// How long it is, counted in `unit`.
	pub length: usize,
	/// What is counted, in the plural.
	pub unit: &'static str,
	/// The constant's name in the metadata of the pallet that is called.
	pub constant: &'static str,
}

impl Length {
	/// The length of `content` in bytes.
	pub fn bytes(what: &'static str, content: &[u8], constant: &'static str) -> Self {
		Self { what, length: content.len(), unit: "bytes", constant }
	}

	/// Compares the length with the value of the constant.
	///
	/// # Errors
	/// The error of [`check`].
	pub fn check(&self, limit: u32) -> Result<()> {
		check(self.what, self.length, self.unit, limit)
	}
}

/// Compares the length of `what`, counted in `unit`, with the chain's limit.
///
/// # Errors
/// [`Error::TooLong`], naming both.
pub fn check(what: &str, length: usize, unit: &'static str, limit: u32) -> Result<()> {
	if u32::try_from(length).is_ok_and(|length| length <= limit) {
		return Ok(());
	}
	Err(Error::TooLong { what: what.to_owned(), length, unit, limit })
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	proptest! {
		#[test]
		fn length_should_be_refused_exactly_when_above_the_limit(
			length in 0usize..9_000,
			limit in 0u32..9_000,
		) {
			let name = Length::bytes("--name", &vec![b'x'; length], "MaxName");
			match name.check(limit) {
				Ok(()) => prop_assert!(length <= limit as usize),
				Err(error) => {
					prop_assert!(length > limit as usize);
					let text = format!(
						"--name is too long: {length} bytes, this chain takes at most {limit}"
					);
					prop_assert_eq!(error.to_string(), text);
				},
			}
		}
	}
}
