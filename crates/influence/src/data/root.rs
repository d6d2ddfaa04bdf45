//! The content root of a contribution.

use super::Dataset;
use crate::Hash;
use openledger_primitives::encode_row;

pub(super) fn content_root(data: &Dataset) -> Hash {
	openledger_primitives::content_root(data.rows().map(|(row, label)| encode_row(row, label))).0
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
}
