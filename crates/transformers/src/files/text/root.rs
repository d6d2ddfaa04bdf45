//! The content root of rows of text.

use super::{RowLabel, TextDataset};
use crate::files::Hash;
use openledger_blobs::blob_hash;

/// Keeps row hashes apart from the hashes of inner nodes and of anything else.
const ROW_DOMAIN: &[u8] = b"openledger/text-row/1";

/// The canonical encoding of one row: a domain tag, the length of the text in bytes (`u32`), the
/// text in UTF-8, and the label: byte 0 for none; byte 1 and the number (`u32`); or byte 2, the
/// length of the name in bytes (`u32`) and the name in UTF-8. All numbers are little-endian.
pub fn encode_text_row(text: &str, label: Option<RowLabel>) -> Vec<u8> {
	let mut bytes = ROW_DOMAIN.to_vec();
	let push = |bytes: &mut Vec<u8>, text: &str| {
		bytes.extend((text.len() as u32).to_le_bytes());
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

pub(super) fn content_root(data: &TextDataset) -> Hash {
	let row = |(text, label)| blob_hash(&encode_text_row(text, label));
	merkle_root(data.rows().map(row).collect())
}

/// The Merkle root of every content root and index: blake2-256 over pairs; where their number is
/// odd, the last one moves up as it is. Zero for no leaves.
fn merkle_root(mut level: Vec<Hash>) -> Hash {
	while level.len() > 1 {
		level = level
			.chunks(2)
			.map(|pair| match pair {
				[left, right] => blob_hash(&[*left, *right].concat()),
				rest => rest.first().copied().unwrap_or_default(),
			})
			.collect();
	}
	level.first().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::files::TextSchema;

	fn root(lines: &str) -> Hash {
		TextDataset::from_bytes(lines.as_bytes(), &TextSchema::default()).unwrap().content_root()
	}

	#[test]
	fn root_should_be_equal_when_only_the_spelling_differs() {
		let csv = root("label,note,text\nneg,,\"dull, \u{e9}\"\npos,x,good\n");
		let json = concat!(
			r#"{"text": "dull, \u00e9", "label": "neg"}"#,
			"\n\n",
			r#"{"label":"pos","text":"good"}"#
		);
		assert_eq!(csv, root(json));
	}

	#[test]
	fn root_should_differ_when_text_label_or_order_differ() {
		let roots = [
			root("text,label\na,0\nb,1\n"),
			root("text,label\na,0\nc,1\n"),
			root("text,label\na,0\nb,2\n"),
			root("text,label\nb,1\na,0\n"),
			root("text,label\na,0\n"),
			root("text,label\na,0\nb,1\nb,1\n"),
			root("text,label\na,x0\nb,x1\n"),
			root("text\na\nb\n"),
			root("text,label\n a,0\nb,1\n"),
		];
		for (i, a) in roots.iter().enumerate() {
			assert!(roots[..i].iter().all(|b| a != b), "{i}");
		}
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
		assert_eq!(rows[0].len(), ROW_DOMAIN.len() + 4 + 2 + 1 + 4 + 1);
	}

	#[test]
	fn root_should_be_that_of_the_index_when_leaves_are_few_or_odd() {
		// openledger_primitives::merkle_root over blake2-256 of the bytes 0, 1, …
		let expected: [&str; 6] = [
			"0000000000000000000000000000000000000000000000000000000000000000",
			"03170a2e7597b7b7e3d84c05391d139a62b157e78786d8c082f29dcf4c111314",
			"52c98fcb9a132e1e7acb398852d7c4c8023a112ac2d511761f6705079d07e443",
			"3f8fc66b1fc7006260eb087b7745362cd8d64b9983d89ad0281f03e8dc492464",
			"8b69d8a9b937b6afe7cbdef934468b1766065dc271fd42e01dd2588aa3d90961",
			"045ed6c76590a254687f40e37f99551f1bcd7a54c22138adeb493f3b267cf553",
		];
		for (count, expected) in [0u8, 1, 2, 3, 5, 7].into_iter().zip(expected) {
			let leaves = (0..count).map(|leaf| blob_hash(&[leaf])).collect();
			assert_eq!(hex::encode(merkle_root(leaves)), expected, "{count}");
		}
	}
}
