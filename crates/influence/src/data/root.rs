//! The content root of a contribution.

use super::Dataset;
use crate::Hash;
use openledger_proof::{blake2_256, merkle_root};

/// Keeps row hashes apart from the hashes of inner nodes and of anything else.
const ROW_DOMAIN: &[u8] = b"openledger/row/1";

/// The canonical encoding of one row: a domain tag, the number of features (`u32`), the features
/// (`f32`) and the label (`u32`), all little-endian.
///
/// Two texts of the same numbers (`1`, `1.0`, `1e0`) have the same encoding.
pub fn encode_row(features: &[f32], label: u32) -> Vec<u8> {
	let mut bytes = ROW_DOMAIN.to_vec();
	bytes.extend((features.len() as u32).to_le_bytes());
	bytes.extend(features.iter().flat_map(|x| x.to_le_bytes()));
	bytes.extend(label.to_le_bytes());
	bytes
}

pub(super) fn content_root(data: &Dataset) -> Hash {
	let hashes: Vec<_> =
		data.rows().map(|(row, label)| blake2_256(&encode_row(row, label))).collect();
	merkle_root(&hashes).0
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::Schema;

	fn root(text: &str) -> Hash {
		Dataset::from_csv(text.as_bytes(), &Schema::default()).unwrap().content_root()
	}

	#[test]
	fn root_should_be_equal_when_only_the_spelling_differs() {
		assert_eq!(root("a,b,class\n1,-0,7\n"), root("1.0, 0e3 ,7"));
	}

	#[test]
	fn root_should_differ_when_value_label_order_or_shape_differ() {
		let roots = [
			root("1,2,0\n3,4,1\n"),
			root("1,2,0\n3,5,1\n"),
			root("1,2,0\n3,4,2\n"),
			root("3,4,1\n1,2,0\n"),
			root("1,2,0\n"),
			root("1,2,0\n3,4,1\n3,4,1\n"),
			root("1,2,3,4,0\n"),
		];
		for (i, a) in roots.iter().enumerate() {
			assert!(roots[..i].iter().all(|b| a != b));
		}
	}

	#[test]
	fn root_should_be_the_row_hash_when_there_is_one_row() {
		let bytes = encode_row(&[1.0, 2.0], 3);
		assert_eq!(bytes.len(), ROW_DOMAIN.len() + 4 + 8 + 4);
		assert_eq!(root("1,2,3"), blake2_256(&bytes).0);
	}
}
