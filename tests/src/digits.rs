//! Handwritten digits, dealt to contributors unevenly.
//!
//! The data set is "Optical Recognition of Handwritten Digits" (see `data/README.md`): 1,797 rows of
//! 64 pixels, each 0 to 16, and the label.

use crate::{Error, Result};
use flate2::read::GzDecoder;
use rand::{seq::SliceRandom, Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::io::Read;

const FILE: &[u8] = include_bytes!("../data/digits.csv.gz");

/// The number of pixels of a digit.
pub const PIXELS: usize = 64;
/// The number of classes.
pub const CLASSES: u8 = 10;

/// A handwritten digit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digit {
	/// The pixels as they stand in the file: numbers separated by commas.
	pub pixels: String,
	/// The digit that the writer meant.
	pub label: u8,
}

impl Digit {
	/// The row, with the label in the last column.
	pub fn row(&self) -> String {
		format!("{},{}", self.pixels, self.label)
	}
}

/// The digits in an order that a seed fixes. Rows are taken out and not put back.
pub struct Digits {
	left: Vec<Digit>,
	random: ChaCha8Rng,
}

impl Digits {
	/// Reads all 1,797 digits and shuffles them by `seed`.
	///
	/// # Errors
	/// If the data set is damaged.
	pub fn shuffled(seed: u64) -> Result<Self> {
		let mut text = String::new();
		GzDecoder::new(FILE)
			.read_to_string(&mut text)
			.map_err(|error| Error::Unexpected(format!("digits.csv.gz is damaged: {error}")))?;
		let mut left = text.lines().map(parse).collect::<Result<Vec<_>>>()?;
		let mut random = ChaCha8Rng::seed_from_u64(seed);
		left.shuffle(&mut random);
		Ok(Self { left, random })
	}

	/// Takes `rows` digits spread evenly over `labels`, in shuffled order.
	///
	/// # Errors
	/// If `rows` is not a multiple of the number of labels, or too few are left.
	pub fn take(&mut self, labels: &[u8], rows: usize) -> Result<Vec<Digit>> {
		if labels.is_empty() || !rows.is_multiple_of(labels.len()) {
			return Err(Error::Unexpected(format!(
				"{rows} rows cannot be spread evenly over {} labels",
				labels.len()
			)));
		}
		let mut wanted = [0; CLASSES as usize];
		for &label in labels {
			wanted[usize::from(label)] += rows / labels.len();
		}
		let (mut taken, mut kept) = (Vec::with_capacity(rows), Vec::new());
		for digit in self.left.drain(..) {
			match &mut wanted[usize::from(digit.label)] {
				0 => kept.push(digit),
				wanted => {
					*wanted -= 1;
					taken.push(digit);
				},
			}
		}
		self.left = kept;
		match taken.len() == rows {
			true => Ok(taken),
			false => {
				Err(Error::Unexpected(format!("only {} of {rows} rows are left", taken.len())))
			},
		}
	}

	/// Replaces every label by one that is drawn at random.
	pub fn mislabel(&mut self, digits: &mut [Digit]) {
		for digit in digits {
			digit.label = self.random.random_range(0..CLASSES);
		}
	}
}

/// Writes the rows as a CSV file without a header.
pub fn csv(digits: &[Digit]) -> String {
	digits.iter().map(|digit| digit.row() + "\n").collect()
}

fn parse(line: &str) -> Result<Digit> {
	let damaged = || Error::Unexpected(format!("digits.csv.gz has a damaged row: {line}"));
	let (pixels, label) = line.rsplit_once(',').ok_or_else(damaged)?;
	let label = label.trim().parse().map_err(|_| damaged())?;
	if label >= CLASSES || pixels.split(',').count() != PIXELS {
		return Err(damaged());
	}
	Ok(Digit { pixels: pixels.into(), label })
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn rows_should_be_spread_evenly_and_never_repeat_when_taken() {
		let mut digits = Digits::shuffled(1).unwrap();
		let first = digits.take(&[0, 1], 120).unwrap();
		let second = digits.take(&[0, 1, 2], 90).unwrap();
		assert_eq!(first.iter().filter(|digit| digit.label == 0).count(), 60);
		assert!(first.iter().all(|digit| digit.label < 2));
		assert!(second.iter().all(|digit| !first.contains(digit)));
	}

	#[test]
	fn order_should_be_the_same_when_the_seed_is() {
		let take = |seed| Digits::shuffled(seed).unwrap().take(&[3], 20).unwrap();
		assert_eq!(take(7), take(7));
		assert_ne!(take(7), take(8));
	}

	#[test]
	fn taking_should_fail_when_too_few_rows_are_left() {
		let mut digits = Digits::shuffled(1).unwrap();
		assert!(digits.take(&[4], 1000).is_err());
	}

	#[test]
	fn labels_should_say_little_when_drawn_at_random() {
		let mut digits = Digits::shuffled(1).unwrap();
		let right = digits.take(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 500).unwrap();
		let mut wrong = right.clone();
		digits.mislabel(&mut wrong);
		let agree = right.iter().zip(&wrong).filter(|(right, wrong)| right == wrong).count();
		assert!((20..90).contains(&agree), "{agree} of 500 labels are right");
	}
}
