//! The canonical encoding of rows, and the content root of a contribution.

use crate::{blake2_256, merkle_root, H256};
use alloc::vec::Vec;

/// Keeps hashes of rows of numbers apart from the hashes of inner nodes and of anything else.
const ROW_DOMAIN: &[u8] = b"openledger/row/1";

/// Keeps hashes of rows of text apart from all others.
const TEXT_ROW_DOMAIN: &[u8] = b"openledger/text-row/1";

/// The label of one row of text, before any name is mapped to a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RowLabel<'a> {
	/// The number of a class, from 0.
	Number(u32),
	/// The name of a class.
	Name(&'a str),
}

/// The canonical encoding of one row of numbers: a domain tag, the number of features (`u32`), the
/// features (`f32`) and the label (`u32`), all little-endian.
///
/// Two texts of the same numbers (`1`, `1.0`, `1e0`) have the same encoding.
pub fn encode_row(features: &[f32], label: u32) -> Vec<u8> {
	let mut bytes = ROW_DOMAIN.to_vec();
	bytes.extend(length(features.len()));
	bytes.extend(features.iter().flat_map(|x| x.to_le_bytes()));
	bytes.extend(label.to_le_bytes());
	bytes
}

/// The canonical encoding of one row of text: a domain tag, the length of the text in bytes (`u32`),
/// the text in UTF-8, and the label: byte 0 for none; byte 1 and the number (`u32`); or byte 2, the
/// length of the name in bytes (`u32`) and the name in UTF-8. All numbers are little-endian.
pub fn encode_text_row(text: &str, label: Option<RowLabel>) -> Vec<u8> {
	let mut bytes = TEXT_ROW_DOMAIN.to_vec();
	let push = |bytes: &mut Vec<u8>, text: &str| {
		bytes.extend(length(text.len()));
		bytes.extend(text.as_bytes());
	};
	push(&mut bytes, text);
	match label {
		None => bytes.push(0),
		Some(RowLabel::Number(label)) => {
			bytes.push(1);
			bytes.extend(label.to_le_bytes());
		},
		Some(RowLabel::Name(name)) => {
			bytes.push(2);
			push(&mut bytes, name);
		},
	}
	bytes
}

/// A length as it is encoded. It saturates at the largest `u32`, but no reader takes rows that
/// long.
fn length(length: usize) -> [u8; 4] {
	u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes()
}

/// The content root of rows, which are given by their canonical encodings: the Merkle root of their
/// hashes.
pub fn content_root(rows: impl IntoIterator<Item = Vec<u8>>) -> H256 {
	let hashes: Vec<H256> = rows.into_iter().map(|row| blake2_256(&row)).collect();
	merkle_root(&hashes)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn root_should_be_the_row_hash_when_there_is_one_row() {
		let bytes = encode_row(&[1.0, 2.0], 3);
		assert_eq!(bytes.len(), ROW_DOMAIN.len() + 4 + 8 + 4);
		assert_eq!(content_root([bytes.clone()]), blake2_256(&bytes));
	}

	#[test]
	fn row_should_not_be_mistaken_when_text_and_label_run_together() {
		let rows = [
			encode_text_row("ab", Some(RowLabel::Name("c"))),
			encode_text_row("a", Some(RowLabel::Name("bc"))),
			encode_text_row("abc", None),
			encode_text_row("ab", Some(RowLabel::Number(99))),
		];
		for (i, a) in rows.iter().enumerate() {
			assert!(rows[..i].iter().all(|b| a != b), "{i}");
		}
		assert_eq!(rows[0].len(), TEXT_ROW_DOMAIN.len() + 4 + 2 + 1 + 4 + 1);
	}
}
