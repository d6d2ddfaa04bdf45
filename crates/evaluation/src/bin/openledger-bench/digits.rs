//! Handwritten digits enlarged to the size that many papers report on.

use super::engine::Numbers;
use crate::error::{Error, Result};
use openledger_rows::Dataset;

/// Width and height of an enlarged digit.
pub const SIDE: usize = 28;

/// `count` rows from 8 x 8 pixels, each enlarged to 28 x 28 and shifted by up to three pixels: all
/// rows in their order, again and again.
pub fn enlarged(digits: &Dataset, count: usize) -> Result<Dataset> {
	if digits.columns() != 8 * 8 {
		let columns = digits.columns();
		return Err(Error::BadData(format!("rows of {columns} numbers are not 8 x 8 pixels")));
	}
	let mut numbers = Numbers(4);
	let (mut features, mut labels) = (Vec::new(), Vec::new());
	for row in (0..digits.len()).cycle().take(count) {
		let [down, right] = [numbers.below(7), numbers.below(7)].map(|shift| shift as f32 - 3.0);
		let pixels = digits.row(row);
		features.extend(
			(0..SIDE * SIDE)
				.map(|at| pixel(pixels, (at / SIDE) as f32 - down, (at % SIDE) as f32 - right)),
		);
		labels.push(digits.label(row));
	}
	Ok(Dataset::new(SIDE * SIDE, features, labels)?)
}

/// The value between 8 x 8 pixels at a place of the enlarged picture; 0 outside.
fn pixel(pixels: &[f32], y: f32, x: f32) -> f32 {
	let place = |at: f32| {
		let at = (at + 0.5) * 8.0 / SIDE as f32 - 0.5;
		(at.floor() as i32, at - at.floor())
	};
	let ((row, below), (column, beside)) = (place(y), place(x));
	let value = |row: i32, column: i32| match (row, column) {
		(0..8, 0..8) => pixels.get((row * 8 + column) as usize).copied().unwrap_or(0.0),
		_ => 0.0,
	};
	let line = |row| value(row, column) * (1.0 - beside) + value(row, column + 1) * beside;
	line(row) * (1.0 - below) + line(row + 1) * below
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn enlarged_rows_should_keep_labels_and_range_and_differ_by_their_shifts() {
		let features = (0..64 * 30).map(|at| (at * 7 % 17) as f32).collect();
		let digits = Dataset::new(64, features, (0..30).map(|row| row % 10).collect()).unwrap();
		let rows = enlarged(&digits, 70).unwrap();
		assert_eq!((rows.len(), rows.columns()), (70, 784));
		assert!((0..70).all(|row| rows.label(row) == digits.label(row % 30)));
		assert!(rows.features().iter().all(|x| (0.0..=16.0).contains(x)));
		assert_ne!(rows.row(0), rows.row(30));
		assert_eq!(rows, enlarged(&digits, 70).unwrap());
		assert!(enlarged(&digits, 0).is_err());
		let refused = enlarged(&rows, 5).unwrap_err().to_string();
		assert!(refused.contains("784 numbers are not 8 x 8 pixels"), "{refused}");
	}

	#[test]
	fn pixel_should_be_the_old_one_at_its_middle_and_zero_far_outside() {
		let pixels: Vec<f32> = (0..64).map(|x| x as f32).collect();
		// The middle of old pixel 1 lies at 1.5 times 3.5, less half a new one.
		assert_eq!(pixel(&pixels, 4.75, 4.75), 9.0);
		assert_eq!(pixel(&pixels, 4.75, 3.0), 8.5);
		assert_eq!(pixel(&pixels, -9.0, 40.0), 0.0);
	}
}
