//! Integer vectors and their exact dot product.

use crate::{blake2_256, H256};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// The largest dimension of a sketch.
///
/// At this dimension the largest score is `2^24 * 2^15 * 2^15 = 2^54`, so an `i64` cannot
/// overflow.
pub const MAX_DIMENSION: u32 = 1 << 24;

/// How many bits one coordinate has.
#[derive(
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Serialize,
	Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Width {
	/// Coordinates from -128 to 127.
	Int8,
	/// Coordinates from -32768 to 32767.
	Int16,
}

impl Width {
	/// How many bytes one coordinate has.
	pub const fn bytes(self) -> u32 {
		match self {
			Width::Int8 => 1,
			Width::Int16 => 2,
		}
	}
}

/// A quantised gradient or influence vector.
///
/// Its SCALE encoding is canonical: a variant byte, the compact length, then the coordinates in
/// little-endian order.
#[derive(Encode, Decode, DecodeWithMemTracking, TypeInfo, Clone, PartialEq, Eq, Debug)]
pub enum Sketch {
	/// Coordinates of 8 bits.
	Int8(Vec<i8>),
	/// Coordinates of 16 bits.
	Int16(Vec<i16>),
}

/// Two sketches of different dimensions have no dot product.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DimensionMismatch {
	/// The number of coordinates of the left sketch.
	pub left: usize,
	/// The number of coordinates of the right sketch.
	pub right: usize,
}

impl core::fmt::Display for DimensionMismatch {
	fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		write!(f, "sketches of dimension {} and {} have no dot product", self.left, self.right)
	}
}

impl core::error::Error for DimensionMismatch {}

impl Sketch {
	/// The number of coordinates.
	pub fn dimension(&self) -> usize {
		match self {
			Sketch::Int8(v) => v.len(),
			Sketch::Int16(v) => v.len(),
		}
	}

	/// How many bits each coordinate has.
	pub fn width(&self) -> Width {
		match self {
			Sketch::Int8(_) => Width::Int8,
			Sketch::Int16(_) => Width::Int16,
		}
	}

	/// The blake2-256 hash of the canonical encoding.
	pub fn hash(&self) -> H256 {
		self.using_encoded(blake2_256)
	}

	/// The exact integer dot product. The two widths may differ.
	///
	/// Saturates only above [`MAX_DIMENSION`], which no accepted sketch reaches.
	///
	/// # Errors
	/// If the dimensions differ.
	pub fn dot(&self, other: &Sketch) -> Result<i64, DimensionMismatch> {
		if self.dimension() != other.dimension() {
			return Err(DimensionMismatch { left: self.dimension(), right: other.dimension() });
		}
		Ok(match (self, other) {
			(Sketch::Int8(a), Sketch::Int8(b)) => dot(a, b),
			(Sketch::Int8(a), Sketch::Int16(b)) => dot(a, b),
			(Sketch::Int16(a), Sketch::Int8(b)) => dot(a, b),
			(Sketch::Int16(a), Sketch::Int16(b)) => dot(a, b),
		})
	}
}

fn dot<A: Copy + Into<i64>, B: Copy + Into<i64>>(a: &[A], b: &[B]) -> i64 {
	a.iter()
		.zip(b)
		.map(|(&x, &y)| {
			let (x, y): (i64, i64) = (x.into(), y.into());
			x.saturating_mul(y)
		})
		.fold(0i64, i64::saturating_add)
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	#[test]
	fn dot_should_refuse_when_dimensions_differ() {
		let error = Sketch::Int8(vec![1, 2]).dot(&Sketch::Int16(vec![1])).unwrap_err();
		assert_eq!(error, DimensionMismatch { left: 2, right: 1 });
	}

	#[test]
	fn largest_score_should_fit_when_dimension_is_maximal() {
		let product = i64::from(i16::MIN) * i64::from(i16::MIN);
		assert!(product.checked_mul(i64::from(MAX_DIMENSION)).is_some());
	}

	proptest! {
		#[test]
		fn dot_should_equal_wide_sum_when_widths_mix(
			pairs in prop::collection::vec((any::<i8>(), any::<i16>()), 0..600),
		) {
			let (a, b): (Vec<i8>, Vec<i16>) = pairs.iter().copied().unzip();
			let naive: i128 = pairs.iter().map(|&(x, y)| i128::from(x) * i128::from(y)).sum();
			let (a, b) = (Sketch::Int8(a), Sketch::Int16(b));
			prop_assert_eq!(i128::from(a.dot(&b).unwrap()), naive);
			prop_assert_eq!(a.dot(&b), b.dot(&a));
		}

		#[test]
		fn encoding_should_round_trip_when_decoded(v in prop::collection::vec(any::<i16>(), 0..100)) {
			let sketch = Sketch::Int16(v);
			prop_assert_eq!(Sketch::decode(&mut &sketch.encode()[..]).unwrap(), sketch);
		}
	}
}
