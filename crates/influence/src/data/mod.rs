//! Tables of numbers with a class label in the last column.

mod csv;
mod root;

pub use self::csv::{parse_input, Schema};
pub use root::encode_row;

use crate::{Error, Hash, Result};
use rand::{seq::SliceRandom, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::fmt::Write;

/// Rows of features with one class label each, in order.
///
/// Every feature is finite and zero has no sign, so equal rows have equal bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
	columns: usize,
	features: Vec<f32>,
	labels: Vec<u32>,
}

impl Dataset {
	/// Takes `features`, row-major `[labels.len()][columns]`, and `labels`.
	///
	/// # Errors
	/// [`Error::NoRows`], [`Error::FeatureCount`] if the lengths do not fit, [`Error::NotFinite`].
	pub fn new(columns: usize, mut features: Vec<f32>, labels: Vec<u32>) -> Result<Self> {
		if labels.is_empty() || columns == 0 {
			return Err(Error::NoRows);
		}
		if labels.len().checked_mul(columns) != Some(features.len()) {
			return Err(Error::FeatureCount {
				found: features.len() / labels.len(),
				expected: columns,
			});
		}
		if features.iter().any(|x| !x.is_finite()) {
			return Err(Error::NotFinite("a feature"));
		}
		// Adding zero turns -0 into 0 and changes nothing else.
		features.iter_mut().for_each(|x| *x += 0.0);
		Ok(Self { columns, features, labels })
	}

	/// Number of rows; at least one.
	pub fn len(&self) -> usize {
		self.labels.len()
	}

	/// Whether there are no rows; never so.
	pub fn is_empty(&self) -> bool {
		self.labels.is_empty()
	}

	/// Number of features of each row, the label not counted.
	pub fn columns(&self) -> usize {
		self.columns
	}

	/// All features, row-major `[len][columns]`.
	pub fn features(&self) -> &[f32] {
		&self.features
	}

	/// All labels, `[len]`.
	pub fn labels(&self) -> &[u32] {
		&self.labels
	}

	/// The largest label plus one.
	pub fn classes(&self) -> u32 {
		self.labels.iter().max().map_or(0, |label| label.saturating_add(1))
	}

	/// The features of row `i`, `[columns]`.
	///
	/// # Panics
	/// If there is no such row.
	pub fn row(&self, i: usize) -> &[f32] {
		&self.features[i * self.columns..(i + 1) * self.columns]
	}

	/// The label of row `i`.
	///
	/// # Panics
	/// If there is no such row.
	pub fn label(&self, i: usize) -> u32 {
		self.labels[i]
	}

	/// Features and label of each row, in order.
	pub fn rows(&self) -> impl Iterator<Item = (&[f32], u32)> {
		self.features.chunks_exact(self.columns).zip(self.labels.iter().copied())
	}

	/// The features of row `i` as one comma-separated line: the input of an inference.
	///
	/// # Panics
	/// If there is no such row.
	pub fn row_text(&self, i: usize) -> String {
		let mut text = String::new();
		write_features(self.row(i), &mut text);
		text
	}

	/// The table as CSV without a header, the label last. Reading it gives the same rows bit for
	/// bit.
	pub fn to_csv(&self) -> Vec<u8> {
		let mut text = String::new();
		for (row, label) in self.rows() {
			write_features(row, &mut text);
			// Writing to a string cannot fail.
			let _ = writeln!(text, ",{label}");
		}
		text.into_bytes()
	}

	/// The rows of these numbers, in the order given, repeats allowed.
	///
	/// # Errors
	/// [`Error::NoRows`] if `rows` is empty.
	///
	/// # Panics
	/// If there is no such row.
	pub fn select(&self, rows: &[usize]) -> Result<Self> {
		let features = rows.iter().flat_map(|&i| self.row(i)).copied().collect();
		let labels = rows.iter().map(|&i| self.labels[i]).collect();
		Self::new(self.columns, features, labels)
	}

	/// All rows of `parts`, one after the other.
	///
	/// # Errors
	/// [`Error::NoRows`] if there are none, [`Error::FeatureCount`] if the parts differ in width.
	pub fn concat(parts: &[&Self]) -> Result<Self> {
		let columns = parts.first().ok_or(Error::NoRows)?.columns;
		if let Some(other) = parts.iter().find(|part| part.columns != columns) {
			return Err(Error::FeatureCount { found: other.columns, expected: columns });
		}
		let features = parts.iter().flat_map(|part| &part.features).copied().collect();
		let labels = parts.iter().flat_map(|part| &part.labels).copied().collect();
		Self::new(columns, features, labels)
	}

	/// The same features with other labels, `[len]`.
	///
	/// # Errors
	/// [`Error::FeatureCount`] if their number differs.
	pub fn with_labels(&self, labels: Vec<u32>) -> Result<Self> {
		Self::new(self.columns, self.features.clone(), labels)
	}

	/// Shuffles the rows with `seed` and splits off the first `train_rows`; the rest comes second.
	///
	/// # Errors
	/// [`Error::NoRows`] if either part would be empty.
	pub fn split(&self, train_rows: usize, seed: u64) -> Result<(Self, Self)> {
		let mut order: Vec<usize> = (0..self.len()).collect();
		order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
		let (train, rest) = order.split_at_checked(train_rows).ok_or(Error::NoRows)?;
		Ok((self.select(train)?, self.select(rest)?))
	}

	/// The content root that a contributor commits to, a curator checks and an attester recomputes.
	///
	/// Merkle root over blake2-256 of [`encode_row`] of each row, in order.
	pub fn content_root(&self) -> Hash {
		root::content_root(self)
	}

	/// Checks that the rows fit a model of `columns` features and `classes` classes.
	///
	/// # Errors
	/// [`Error::FeatureCount`], [`Error::ClassCount`].
	pub fn check_fits(&self, columns: usize, classes: usize) -> Result<()> {
		if self.columns != columns {
			return Err(Error::FeatureCount { found: self.columns, expected: columns });
		}
		match self.labels.iter().find(|&&label| label as usize >= classes) {
			Some(&label) => Err(Error::ClassCount { label, classes }),
			None => Ok(()),
		}
	}
}

fn write_features(row: &[f32], text: &mut String) {
	for (i, value) in row.iter().enumerate() {
		let separator = if i == 0 { "" } else { "," };
		// The shortest digits that read back to the same number. Writing to a string cannot fail.
		let _ = write!(text, "{separator}{value}");
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	fn small() -> Dataset {
		Dataset::new(2, vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0], vec![0, 1, 2]).unwrap()
	}

	#[test]
	fn new_should_refuse_when_shapes_do_not_fit() {
		assert!(matches!(
			Dataset::new(2, vec![1.0; 5], vec![0, 1]),
			Err(Error::FeatureCount { .. })
		));
		assert!(matches!(Dataset::new(2, vec![], vec![]), Err(Error::NoRows)));
		assert!(matches!(Dataset::new(1, vec![f32::NAN], vec![0]), Err(Error::NotFinite(_))));
	}

	#[test]
	fn check_should_name_the_label_when_it_is_no_class() {
		let error = small().check_fits(2, 2).unwrap_err();
		assert_eq!(error.to_string(), "label 2 is not one of the 2 classes, 0 to 1");
		assert!(small().check_fits(2, 3).is_ok());
		assert!(small().check_fits(3, 3).is_err());
	}

	#[test]
	fn split_should_part_all_rows_and_depend_on_the_seed_alone() {
		let data = Dataset::new(1, (0..50).map(|i| i as f32).collect(), vec![0; 50]).unwrap();
		let (train, rest) = data.split(30, 7).unwrap();
		assert_eq!((train.len(), rest.len()), (30, 20));
		let mut all: Vec<f32> = train.features().iter().chain(rest.features()).copied().collect();
		all.sort_by(f32::total_cmp);
		assert_eq!(all, data.features());
		assert_eq!(data.split(30, 7).unwrap().0, train);
		assert_ne!(data.split(30, 8).unwrap().0, train);
		assert!(data.split(51, 7).is_err());
		assert!(data.split(50, 7).is_err());
	}

	#[test]
	fn concat_should_join_rows_and_refuse_other_widths() {
		let joined = Dataset::concat(&[&small(), &small()]).unwrap();
		assert_eq!(joined.len(), 6);
		assert_eq!(joined.row(3), [1.0, 2.0]);
		let other = Dataset::new(1, vec![1.0], vec![0]).unwrap();
		assert!(Dataset::concat(&[&small(), &other]).is_err());
		assert!(Dataset::concat(&[]).is_err());
	}

	proptest! {
		#[test]
		fn csv_should_read_back_the_same_bits_when_written(
			bits in prop::collection::vec(any::<f32>().prop_filter("finite", |x| x.is_finite()), 3..30),
		) {
			let rows = bits.len() / 3;
			let data = Dataset::new(3, bits[..rows * 3].to_vec(), (0..rows as u32).collect()).unwrap();
			let read = Dataset::from_csv(&data.to_csv(), &Schema::default()).unwrap();
			prop_assert_eq!(&read, &data);
			prop_assert_eq!(read.content_root(), data.content_root());
			prop_assert_eq!(parse_input(&data.row_text(0), 3).unwrap(), data.row(0));
		}
	}
}
